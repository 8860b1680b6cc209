import json
import logging
import time
import uuid
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ..gateway_errors import GatewayRefused, GatewayUnreachable
from ..odoo_series import Index, commit_progress

_logger = logging.getLogger(__name__)

OPEN = ("waiting", "refused")
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 300
KEPT_DAYS = 30
ROWS_A_SWEEP = 10_000


class VworkspaceOutbox(models.Model):
    """Says only that the gateway is to have some version of a record.

    Sending reads the record as it is then, so that five changes are one delivery. Rows are only added by people's
    transactions, and only the sender changes them; so neither waits for the other.
    """

    _name = "vworkspace.outbox"
    _description = "vworkspace change to send"
    _order = "id desc"
    _rec_name = "subject"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    external_ref = fields.Char(required=True, readonly=True)
    needed_refs = fields.Char(
        help="References, by commas, of the records that have to be sent before.",
        readonly=True,
    )
    subject = fields.Char(readonly=True)
    intent_version = fields.Integer(readonly=True)
    request_id = fields.Char(
        help="The same for each try, so that the gateway answers a repeat as it answered first.",
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Changed by", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("refused", "Refused"),
            ("sent", "Sent"),
            ("superseded", "Sent with a later change"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    last_error = fields.Text(readonly=True)
    settled_at = fields.Datetime(readonly=True)
    answer_json = fields.Text(
        help="What the gateway's answer asks of Odoo, until it is done.",
        readonly=True,
    )

    # The sender and the forms ask for open rows only, which are few.
    _open_index = Index("(external_ref, id DESC) WHERE state IN ('waiting', 'refused')")
    _waiting_index = Index("(company_id, id) WHERE state = 'waiting'")
    _answer_index = Index("(id) WHERE answer_json IS NOT NULL")
    _settled_index = Index("(settled_at) WHERE settled_at IS NOT NULL")

    # What records and forms ask

    @api.model
    def _enqueue(self, records):
        # What Odoo heals by itself nobody asked for.
        user = self.env.uid if self.env.uid != SUPERUSER_ID else False
        rows = self.sudo().create(
            [
                {
                    "company_id": record.company_id.id,
                    "model": record._name,
                    "external_ref": record.external_ref,
                    "needed_refs": ",".join(record._refs_needed()) or False,
                    "subject": record._subject(),
                    "intent_version": record.intent_version,
                    "request_id": str(uuid.uuid4()),
                    "user_id": user,
                }
                for record in records.sudo()
            ]
        )
        if rows:
            self._cron()._trigger()
        return rows

    @api.model
    def _cron(self):
        return self.env.ref("vworkspace.cron_send").sudo()

    @api.model
    def _newest_open(self, refs, states=OPEN):
        """The newest open row of each reference, by reference."""
        rows = self.sudo().search(
            [("external_ref", "in", [ref for ref in refs if ref]), ("state", "in", list(states))], order="id"
        )
        return {row.external_ref: row for row in rows}

    @api.model
    def _refs_by_sync_state(self, model):
        newest = self._newest_open(
            self.sudo().search([("model", "=", model), ("state", "in", list(OPEN))]).mapped("external_ref")
        )
        found = {}
        for ref, row in newest.items():
            found.setdefault(row._sync_state(), []).append(ref)
        return found

    def _sync_state(self):
        if self.state == "refused":
            return "refused"
        return "retrying" if self.attempts else "waiting"

    @api.model
    def _retry(self, refs):
        """Open rows are due now. One that is being sent at this moment is left to its sender."""
        self.env.cr.execute(
            SQL(
                """UPDATE vworkspace_outbox SET state = 'waiting', next_try = NULL
                   WHERE id IN (SELECT id FROM vworkspace_outbox WHERE external_ref = ANY(%s)
                                AND state IN ('waiting', 'refused') FOR UPDATE SKIP LOCKED)""",
                list(refs),
            )
        )
        self.invalidate_model(["state", "next_try"])
        self._cron()._trigger()

    @api.model
    def _retry_company(self, company):
        """What waits for another try is due now: the gateway can be reached."""
        rows = self.sudo().search([("company_id", "=", company.id), ("state", "=", "waiting")])
        if rows:
            self._retry(rows.filtered("next_try").mapped("external_ref"))

    def action_retry(self):
        """Sends the changes again now."""
        records = self._records()
        for model_records in records.values():
            model_records.check_access("write")
        self._retry(self.mapped("external_ref"))
        return True

    def action_open_record(self):
        """Opens the record that the change is of."""
        self.ensure_one()
        self.check_access("read")
        record = self.env[self.model].with_context(active_test=False).search([("external_ref", "=", self.external_ref)])
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": record.id,
            "views": [[False, "form"]],
        }

    def _records(self):
        """The records of these rows, by model, as the caller may see them."""
        self.check_access("read")
        found = {}
        for row in self:
            records = self.env[row.model].with_context(active_test=False)
            found[row.model] = found.get(row.model, records) | records.search(
                [("external_ref", "=", row.external_ref)]
            )
        return found

    # The sender

    @api.model
    def _send_due(self):
        """Sends what is due until nothing is, or the time of a cron is nearly over."""
        end = time.monotonic() + self._seconds_to_work()
        self._follow_answers()
        closed, reached = set(), set()
        for gateway in self.env["vworkspace.gateway"].sudo().search([("url", "!=", False)]):
            if gateway._pause_reason():
                closed.add(gateway.company_id.id)
        while time.monotonic() < end:
            row = self._claim(closed)
            if not row:
                break
            if not row._send():
                closed.add(row.company_id.id)
            elif row.state == "sent" and row.company_id not in reached:
                reached.add(row.company_id)
                self._retry_company(row.company_id)
            self._checkpoint()
        self._follow_answers()
        self._plan_next()

    @api.model
    def _seconds_to_work(self):
        limit = config["limit_time_real_cron"]
        limit = config["limit_time_real"] if limit < 0 else limit
        # A call takes up to 40 seconds, and begins before the end.
        return max(10, limit - 60) if limit else 600

    @api.model
    def _checkpoint(self):
        """Keeps what was done: without a commit after each row one failed serialization sends many rows twice."""
        commit_progress(self.env)

    @api.model
    def _claim(self, closed):
        """Locks and gives the newest row of the next record that may be sent.

        Not before what it refers to, not where a newer row waits or is locked, and not of a company in ``closed``.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT o.id FROM vworkspace_outbox o
                   JOIN vworkspace_gateway g ON g.company_id = o.company_id AND g.active AND g.url IS NOT NULL
                   WHERE o.state = 'waiting' AND (o.next_try IS NULL OR o.next_try <= %(now)s)
                     AND NOT (o.company_id = ANY(%(closed)s))
                     AND NOT EXISTS (SELECT 1 FROM vworkspace_outbox n WHERE n.external_ref = o.external_ref
                                     AND n.id > o.id AND n.state IN ('waiting', 'refused'))
                     AND NOT EXISTS (SELECT 1 FROM vworkspace_outbox d WHERE d.state = 'waiting'
                                     AND d.external_ref = ANY(string_to_array(o.needed_refs, ',')))
                   ORDER BY o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED""",
                now=fields.Datetime.now(),
                closed=list(closed) or [0],
            )
        )
        found = self.env.cr.fetchone()
        self.invalidate_model()
        return self.browse(found[0]) if found else self.browse()

    def _send(self):
        """Sends one row's record. False: nothing more gets through to this gateway for now."""
        self.ensure_one()
        is_through = self._try()
        self._record()._tell_open_forms()
        return is_through

    def _try(self):
        try:
            with self.env.cr.savepoint():
                answer = self._deliver()
        except GatewayRefused as error:
            self._settle("refused", {"last_error": str(error)})
        except GatewayUnreachable as error:
            self._put_off(str(error), error.retry_after)
            return False
        except UserError as error:
            # The key, or this database, isn't let in; or there is no key or address to use.
            self._put_off(str(error), LONGEST_WAIT_SECONDS)
            return False
        except psycopg2.Error:
            raise
        except Exception as error:  # pylint: disable=broad-except
            # Whatever is wrong with one record must not keep the others from being sent.
            _logger.exception("Change %s of %s can't be sent", self.id, self.model)
            self._put_off(self.env._("Odoo failed to send this: %s", type(error).__name__))
        else:
            self._settle("sent", {"last_error": False, "answer_json": self._work_of_answer(answer)})
        return True

    def _deliver(self):
        record = self._record()
        if not record:
            return {}
        gateway = self.env["vworkspace.gateway"].sudo()._of_company(self.company_id)
        return record._deliver(gateway, self)

    def _record(self):
        return (
            self.env[self.model]
            .sudo()
            .with_context(active_test=False)
            .search([("external_ref", "=", self.external_ref), ("company_id", "=", self.company_id.id)])
        )

    def _settle(self, state, vals):
        """Ends this row, and with it the older ones of its record; those that are locked elsewhere follow next time."""
        now = fields.Datetime.now()
        self.write({**vals, "state": state, "next_try": False, "attempts": self.attempts + 1, "settled_at": now})
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE vworkspace_outbox SET state = 'superseded', next_try = NULL, settled_at = %s
                   WHERE id IN (SELECT id FROM vworkspace_outbox WHERE external_ref = %s AND id < %s
                                AND state IN ('waiting', 'refused') FOR UPDATE SKIP LOCKED)""",
                now,
                self.external_ref,
                self.id,
            )
        )
        self.invalidate_model()

    def _put_off(self, message, seconds=0):
        wait = seconds or min(FIRST_WAIT_SECONDS * 2 ** min(self.attempts, 8), LONGEST_WAIT_SECONDS)
        self.write(
            {
                "attempts": self.attempts + 1,
                "last_error": message,
                "next_try": fields.Datetime.now() + timedelta(seconds=wait),
            }
        )

    @api.model
    def _plan_next(self):
        self.env.cr.execute("SELECT min(next_try) FROM vworkspace_outbox WHERE state = 'waiting'")
        [at] = self.env.cr.fetchone()
        if at:
            self._cron()._trigger(at=at)

    # What an answer asks of Odoo is done in a transaction of its own, so that the sender writes nothing else than rows

    def _work_of_answer(self, answer):
        if not isinstance(answer, dict):
            return False
        if answer.get("state") == "absent":
            return json.dumps({"absent": True})
        if int(answer.get("intent_version") or 0) > self.intent_version:
            return json.dumps({"behind": True})
        return False

    @api.model
    def _follow_answers(self):
        for row in self.sudo().search([("answer_json", "!=", False)], limit=200):
            work = json.loads(row.answer_json)
            if work.get("absent"):
                row._record()._take_absence()
            if work.get("behind"):
                self.env["vworkspace.comparison"]._request(row.company_id, "behind")
            row.answer_json = False
            self._checkpoint()

    @api.autovacuum
    def _gc_settled(self):
        end = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        rows = self.sudo().search([("settled_at", "<", end), ("state", "!=", "refused")], limit=ROWS_A_SWEEP)
        rows.unlink()
        return len(rows), len(rows) == ROWS_A_SWEEP
