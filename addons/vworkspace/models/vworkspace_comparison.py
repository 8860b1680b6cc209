import json
import logging
import time
from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .. import comparison_rules as rules
from ..gateway_errors import GatewayError
from ..odoo_series import commit_progress

_logger = logging.getLogger(__name__)

DATABASE = "vworkspace.odoo.database"
INSTANCES = "vworkspace.application.instance"
OPERATIONS = "vworkspace.operation"
MINUTES_BETWEEN = 14
REFS_A_CALL = 1000
NAMED_IN_REPORT = 50
KEPT_DAYS = 30
# After these the gateway may lack what applications refer to, which no page of digests shows.
AFTER_A_BREAK = ("pairing", "epoch", "behind")
# How many of each kind of healing a report counts, by decision.
COUNTED = {
    rules.SEND: "sent_again",
    rules.RAISE: "raised",
    rules.TAKE: "taken_over",
    rules.ASK: "truth_requested",
    rules.UNKNOWN: "unknown",
    rules.LEAVE: "left_alone",
}


class VworkspaceComparison(models.Model):
    """Odoo and the gateway compare what they have, page by page, and heal what differs. Absence is never deletion."""

    _name = "vworkspace.comparison"
    _description = "vworkspace comparison with the gateway"
    _order = "id desc"
    _rec_name = "reason"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    reason = fields.Selection(
        [
            ("schedule", "On schedule"),
            ("epoch", "The gateway was restored"),
            ("behind", "Odoo was restored"),
            ("pairing", "After pairing"),
            ("manual", "Asked for"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        default="waiting",
        readonly=True,
    )
    started_at = fields.Datetime(string="Started", readonly=True)
    finished_at = fields.Datetime(string="Finished", readonly=True)
    seconds = fields.Float(readonly=True)
    records = fields.Integer(string="Compared", readonly=True)
    pages = fields.Integer(string="Pages that differed", readonly=True)
    sent_again = fields.Integer(help="Odoo's was newer, or the gateway had none.", readonly=True)
    taken_over = fields.Integer(help="The gateway's was newer.", readonly=True)
    raised = fields.Integer(help="Changed here since: Odoo's is sent above the gateway's.", readonly=True)
    truth_requested = fields.Integer(string="Reports asked for again", readonly=True)
    unknown = fields.Integer(string="Unknown to Odoo", help="Offered for adoption.", readonly=True)
    left_alone = fields.Integer(
        help="Operations that the gateway has lost and that may have begun: ask for another if it is needed.",
        readonly=True,
    )
    error = fields.Text(readonly=True)
    report_json = fields.Text(string="Records", readonly=True)

    @api.model
    def _request(self, company, reason):
        """Has a comparison begin at once; one that waits already is enough."""
        waiting = self.sudo().search([("company_id", "=", company.id), ("state", "=", "waiting")], limit=1)
        if not waiting:
            self.sudo().create({"company_id": company.id, "reason": reason})
        elif waiting.reason not in AFTER_A_BREAK:
            waiting.reason = reason
        self.env.ref("vworkspace.cron_compare").sudo()._trigger()

    @api.model
    def _run_due(self):
        """Compares with each gateway whose turn it is."""
        gateways = self.env["vworkspace.gateway"].sudo()
        gateways._warn_of_ends()
        for gateway in gateways.search([("state", "=", "paired")]):
            comparison = self.sudo()._due_for(gateway)
            if comparison and not gateway._pause_reason():
                comparison._run(gateway)
            self._checkpoint()

    @api.model
    def _checkpoint(self):
        commit_progress(self.env)

    @api.model
    def _due_for(self, gateway):
        ours = [("company_id", "=", gateway.company_id.id)]
        waiting = self.search([*ours, ("state", "=", "waiting")], limit=1)
        lately = fields.Datetime.now() - timedelta(minutes=MINUTES_BETWEEN)
        if waiting or self.search_count([*ours, ("finished_at", ">", lately)], limit=1):
            return waiting
        return self.create({"company_id": gateway.company_id.id, "reason": "schedule"})

    def _run(self, gateway):
        self.ensure_one()
        began = time.monotonic()
        self.started_at = fields.Datetime.now()
        try:
            # Whose approvals count may have changed since.
            told = gateway._live((DATABASE, "status"), {})
            gateway._take_status(told)
            # The reports that have come until now are seen from here on.
            self._checkpoint()
            gateway.invalidate_recordset()
            if gateway._knows_less_than(told):
                self.reason = "behind"
            if self.reason in AFTER_A_BREAK:
                self._send_definitions(gateway)
            counts, named = self._compare_all(gateway)
            # Digests tell of versions and generations; after a restore every report may be an older one.
            if self.reason in ("pairing", "behind") or counts["taken_over"]:
                gateway._live((DATABASE, "resend_all"), {})
        except GatewayError as error:
            _logger.info("The comparison with the gateway of company %s failed: %s", gateway.company_id.id, error)
            # One that was asked for waits for the next time; one on schedule comes by itself.
            again = "failed" if self.reason == "schedule" else "waiting"
            self.write({"state": again, "error": str(error), "finished_at": fields.Datetime.now()})
            return
        self.write(
            {
                **counts,
                "state": "done",
                "error": False,
                "finished_at": fields.Datetime.now(),
                "seconds": time.monotonic() - began,
                "report_json": json.dumps(named) if named else False,
            }
        )

    @api.model
    def _send_definitions(self, gateway):
        """Puts the catalog and the policies into the outbox: the gateway ignores what it has already."""
        outbox = self.env["vworkspace.outbox"]
        for model in ("vworkspace.catalog.entry", "vworkspace.policy"):
            decided = (
                self.env[model]
                .sudo()
                .with_context(active_test=False)
                .search([("company_id", "=", gateway.company_id.id), ("intent_version", ">", 0)])
            )
            waiting = outbox._newest_open(decided.mapped("external_ref"))
            outbox._enqueue(decided.filtered(lambda record, waiting=waiting: record.external_ref not in waiting))

    def _compare_all(self, gateway):
        counts, named = Counter(), {}
        for model, judge in ((INSTANCES, rules.judge_instance), (OPERATIONS, rules.judge_operation)):
            ours, lines = self._our_side(gateway, model)
            answer = gateway._live((DATABASE, "compare"), {"model": model, "digests": rules.digests(lines)})
            # What follows writes: on what is so now, not when the call began.
            self._checkpoint()
            decisions = self._judge_pages(answer["pages"], ours, judge)
            counts["records"] += len(lines)
            counts["pages"] += len(answer["pages"])
            if model == INSTANCES:
                counts["unknown"] += int(answer.get("unknown") or 0)
            for decision, refs in decisions.items():
                counts[COUNTED[decision]] += len(refs)
                named.setdefault(model, {})[decision] = sorted(refs)[:NAMED_IN_REPORT]
            self._heal(gateway, model, decisions)
        return counts, named

    @api.model
    def _our_side(self, gateway, model):
        """Reference to what Odoo has, and to the line that is compared; by one query."""
        company = gateway.company_id.id
        self.env.flush_all()
        if model == INSTANCES:
            self.env.cr.execute(
                SQL(
                    """SELECT external_ref, coalesce(intent_version, 0),
                              encode(sha256(convert_to(coalesce(values_json, ''), 'UTF8')), 'hex'),
                              coalesce(observed_generation, 0), state,
                              ARRAY[confirmed_version, raised_version], coalesce(is_removed, false),
                              state <> 'deleted' OR gateway_key IS NOT NULL
                       FROM vworkspace_application_instance WHERE company_id = %s AND state <> 'draft'""",
                    company,
                )
            )
            rows = self.env.cr.fetchall()
            ours = {ref: rules.Ours(*rest) for ref, *rest, _was_there in rows}
            # What was removed before the gateway ever had it is on no page of its.
            return ours, {ref: rules.instance_line(ref, ours[ref]) for ref, *_rest, was_there in rows if was_there}
        self.env.cr.execute(
            SQL(
                """SELECT external_ref, coalesce(intent_version, 0), state FROM vworkspace_operation
                   WHERE company_id = %s""",
                company,
            )
        )
        ours = {ref: rules.Ours(version, "", 0, state, (), False) for ref, version, state in self.env.cr.fetchall()}
        return ours, {ref: rules.operation_line(ref, own) for ref, own in ours.items()}

    @api.model
    def _judge_pages(self, pages, ours, judge):
        """Decision to references, of all records on the pages that differ."""
        theirs = {
            entry["external_ref"]: rules.Theirs(
                int(entry.get("intent_version") or 0),
                entry.get("values_sha256") or "",
                int(entry.get("observed_generation") or 0),
                entry.get("state"),
            )
            for entries in pages.values()
            for entry in entries
        }
        refs = {ref for ref in ours if rules.page_of(ref) in pages} | set(theirs)
        waiting = self.env["vworkspace.outbox"]._newest_open(list(refs), ("waiting",))
        decisions = {}
        for ref in refs:
            decision = judge(ours.get(ref), theirs.get(ref), ref in waiting)
            if decision != rules.NOTHING:
                decisions.setdefault(decision, {})[ref] = theirs.get(ref)
        return decisions

    @api.model
    def _heal(self, gateway, model, decisions):
        records = self.env[model].sudo().with_context(active_test=False)
        sent = records.search([("external_ref", "in", list(decisions.get(rules.SEND, ())))])
        self.env["vworkspace.outbox"]._enqueue(sent)
        raised = decisions.get(rules.RAISE, {})
        for record in records.search([("external_ref", "in", list(raised))]):
            record._raise_above(raised[record.external_ref].version)
        asked = [*decisions.get(rules.ASK, ()), *decisions.get(rules.TAKE, ())]
        for start in range(0, len(asked), REFS_A_CALL):
            gateway._live(
                (DATABASE, "resend"), {"model": model, "external_refs": asked[start : start + REFS_A_CALL]}
            )

    @api.autovacuum
    def _gc_old(self):
        end = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.sudo().search([("finished_at", "<", end), ("state", "!=", "waiting")], limit=10_000)
        old.unlink()
        return len(old), len(old) == 10_000
