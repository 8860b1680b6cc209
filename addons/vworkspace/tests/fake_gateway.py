"""A gateway in memory that speaks JSON-2 as the real one does: enough of it for the addon's tests."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INSTANCES = "vworkspace.application.instance"
OPERATIONS = "vworkspace.operation"
POLICIES = "vworkspace.policy"


class Refusal(Exception):
    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class FakeGateway:
    """Its records by model and reference, and every call that came in."""

    def __init__(self, key="the-bridge-key"):
        self.key = key
        self.organization = {"code": "acme", "name": "Acme"}
        self.approval_trust = "odoo"
        self.numbers = iter(range(1, 1_000_000))
        self.forget()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                server.answer(self)

            def log_message(self, *_arguments):
                """Says nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def forget(self):
        """As it was before anybody called."""
        self.records = {}
        self.calls = []
        self.asked_again = []
        self.replays = {}
        self.failures = []
        self.unknown = 0
        self.acknowledged_sequence = "0"

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    # What tests arrange and ask

    def fail_next(self, status, message="", times=1, headers=None):
        """The next calls are answered so."""
        self.failures += [Refusal(status, message, headers)] * times

    def calls_of(self, method, model=None):
        return [call for call in self.calls if call["method"] == method and model in (None, call["model"])]

    def record(self, model, ref):
        return self.records.get(model, {}).get(ref)

    # The wire

    def answer(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length))
        status, answer, headers = 200, None, {}
        try:
            answer = self.dispatch(handler, body)
        except Refusal as refusal:
            status, headers = refusal.status, refusal.headers
            answer = {"name": "odoo.exceptions.UserError", "message": str(refusal), "arguments": [], "debug": ""}
        data = json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def dispatch(self, handler, body):
        if self.failures:
            raise self.failures.pop(0)
        if handler.headers.get("Authorization") != f"Bearer {self.key}":
            raise Refusal(401, "Access Denied")
        _empty, _json, _two, model, method = handler.path.split("/")
        context = body.pop("context", {})
        self.calls.append({"model": model, "method": method, "context": context, **body})
        request_id = context.get("request_id")
        if request_id in self.replays:
            return self.replays[request_id]
        answer = getattr(self, f"do_{method}")(model, **body)
        if request_id:
            self.replays[request_id] = answer
        return answer

    # Methods

    def told(self):
        return {
            "organization": self.organization,
            "epoch": "epoch-1",
            "version": "1.0.0",
            "approval_trust": self.approval_trust,
        }

    def do_status(self, _model):
        return {
            **self.told(),
            "state": "paired",
            "acknowledged_sequence": self.acknowledged_sequence,
            "backlog": 0,
            "last_error": False,
        }

    def do_pair(self, _model, code, **_database):
        if code != "good-code":
            raise Refusal(422, "code is wrong or was used: issue another one.")
        return self.told()

    def do_upsert(self, model, vals_list):
        return [self.upsert(model, vals) for vals in vals_list]

    def upsert(self, model, vals):
        records = self.records.setdefault(model, {})
        ref, version = vals["external_ref"], vals["intent_version"]
        if model == OPERATIONS and vals["instance_id"] not in self.records.get(INSTANCES, {}):
            raise Refusal(422, f"instance_id is {vals['instance_id']}: there is no such instance.")
        record = records.get(ref)
        if record is None:
            state = "requested" if model == OPERATIONS else "deploying"
            record = records[ref] = {"id": next(self.numbers), "generation": 0, "state": state, "intent_version": 0}
        if version > record["intent_version"]:
            record.update(vals, generation=record["generation"] + 1)
        return {"external_ref": ref, **{name: record[name] for name in ("id", "intent_version", "generation", "state")}}

    def do_remove(self, model, external_ref, intent_version):
        record = self.record(model, external_ref)
        if record is None:
            return {"external_ref": external_ref, "state": "absent"}
        if model == POLICIES:
            del self.records[model][external_ref]
            return {"external_ref": external_ref, "id": False, "intent_version": 0, "generation": False, "state": False}
        record.update(state="deleting", intent_version=intent_version)
        return {"external_ref": external_ref, "id": record["id"], "intent_version": intent_version, "state": "deleting"}

    def do_search(self, model, domain, limit=0):
        found = [record["id"] for record in self.matching(model, domain)]
        return found[:limit] if limit else found

    def do_search_read(self, model, domain, fields, **_paging):
        return [
            {"id": record["id"], **{name: record.get(name, False) for name in fields}}
            for record in self.matching(model, domain)
        ]

    def matching(self, model, domain):
        def fits(record):
            tests = {
                "=": lambda one, other: (one or False) == other,
                "!=": lambda one, other: one != other,
                ">": lambda one, other: one > other,
                "in": lambda one, other: one in other,
            }
            return all(tests[operator](record.get(name), value) for name, operator, value in domain)

        return sorted(filter(fits, self.records.get(model, {}).values()), key=lambda record: record["id"])

    def do_adopt(self, _model, model, id, external_ref):  # pylint: disable=redefined-builtin
        records = self.records[model]
        old = next(ref for ref, record in records.items() if record["id"] == id)
        records[external_ref] = {**records.pop(old), "external_ref": external_ref}
        return True

    def do_resend(self, _model, model, external_refs):
        self.asked_again += [(model, ref) for ref in external_refs]
        return True

    def do_resend_all(self, _model):
        self.asked_again.append("all")
        return True

    def do_compare(self, _model, model, digests):
        pages = {}
        for ref, record in self.records.get(model, {}).items():
            if record.get("external_ref"):
                page = hashlib.sha256(ref.encode()).hexdigest()[:2]
                pages.setdefault(page, []).append(self.entry(ref, record))
        differing = {}
        for page in set(pages) | set(digests):
            lines = sorted(self.line(model, entry) for entry in pages.get(page, []))
            digest = hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else None
            if digest != digests.get(page):
                differing[page] = pages.get(page, [])
        return {"pages": differing, "unknown": self.unknown}

    @staticmethod
    def entry(ref, record):
        values = (record.get("values_json") or "").encode()
        return {
            "external_ref": ref,
            "intent_version": record["intent_version"],
            "values_sha256": hashlib.sha256(values).hexdigest(),
            "observed_generation": record.get("observed_generation", 0),
            "state": record["state"],
        }

    @staticmethod
    def line(model, entry):
        if model == OPERATIONS:
            return f"{entry['external_ref']}|{entry['intent_version']}|{entry['state']}|"
        return "|".join(
            str(entry[name]) for name in ("external_ref", "intent_version", "values_sha256", "observed_generation")
        )

    def do_action_approve(self, model, ids):
        self.by_number(model, ids[0])["state"] = "requested"
        return True

    def do_action_reject(self, model, ids, reason=""):
        self.by_number(model, ids[0]).update(state="cancelled", reason=reason)
        return True

    def do_action_cancel(self, model, ids):
        self.by_number(model, ids[0])["state"] = "cancelled"
        return True

    def do_action_rollback(self, model, ids, generation=False):
        self.by_number(model, ids[0])["rolled_back_to"] = generation
        return True

    def by_number(self, model, number):
        return next(record for record in self.records[model].values() if record["id"] == number)

    def do_create(self, model, vals_list):
        numbers = []
        for vals in vals_list:
            number = next(self.numbers)
            made = {**vals, "id": number, "intent_version": 0, "state": "pending"}
            self.records.setdefault(model, {})[f"#{number}"] = made
            numbers.append(number)
        return numbers

    def do_action_issue_registration_token(self, _model, ids):
        return {"token": f"token-{ids[0]}", "expires_at": "2030-01-01 00:00:00", "install_command": f"install {ids[0]}"}
