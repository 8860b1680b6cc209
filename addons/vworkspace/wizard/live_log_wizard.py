import json

from odoo import api, fields, models
from odoo.exceptions import UserError

MOST_LINES = 80
LONGEST_TEXT = 2000


class VworkspaceLiveLogWizard(models.TransientModel):
    """Events and audit entries of a record, read from the gateway when it is opened. They live there, not in Odoo; the
    lines here are seen by who opened it, and go with the other transient records."""

    _name = "vworkspace.live.log.wizard"
    _description = "Live log"

    res_model = fields.Char(readonly=True, required=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True, required=True)
    subject = fields.Char(readonly=True)
    event_ids = fields.One2many("vworkspace.live.log.line", "event_wizard_id", string="Events", readonly=True)
    audit_ids = fields.One2many("vworkspace.live.log.line", "audit_wizard_id", string="Audit log", readonly=True)
    problem = fields.Text(readonly=True)

    @api.model
    def _models(self):
        """What has a log, with the type under which the gateway's audit log knows it."""
        return {
            "vworkspace.application.instance": "application.instance",
            "vworkspace.operation": "operation",
            "vworkspace.cluster": "cluster",
        }

    @api.model
    def action_open(self, res_model, res_id):
        """Opens the log of a record that the user may read."""
        record = self._readable(res_model, res_id)
        wizard = self.create({"res_model": record._name, "res_id": record.id, "subject": record.display_name})
        return wizard.action_refresh()

    def action_refresh(self):
        self.ensure_one()
        record = self._readable(self.res_model, self.res_id)
        self.write(self._read_live(record))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Live log of %s", record.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            # Its lines are long.
            "context": {"dialog_size": "extra-large"},
        }

    @api.model
    def _readable(self, res_model, res_id):
        if res_model not in self._models():
            raise UserError(self.env._("There is no live log of %s.", res_model))
        record = self.env[res_model].browse(res_id)
        record.check_access("read")
        return record

    def _read_live(self, record):
        """Values of the fields: what can't be had is said, and the rest shown."""
        problems = []
        values = {}
        reads = {"event_ids": self._read_events}
        if self._may_read_audit():
            reads["audit_ids"] = self._read_audit
        for name, read in reads.items():
            try:
                lines = read(record)
            except UserError as refused:
                problems.append(str(refused))
                lines = []
            values[name] = [fields.Command.clear(), *(fields.Command.create(line) for line in lines)]
        values["problem"] = "\n".join(dict.fromkeys(problems)) or False
        return values

    def _may_read_audit(self):
        user = self.env.user
        return user.has_group("vworkspace.group_vworkspace_approver") or user.has_group(
            "vworkspace.group_vworkspace_administrator"
        )

    def _gateway(self, record):
        return self.env["vworkspace.gateway"]._for_company(record.company_id)

    def _read_events(self, record):
        found = self._gateway(record)._live_search_read(
            "vworkspace.event",
            self._event_domain(record),
            ["timestamp", "kind", "resource_kind", "resource_name", "conditions"],
            limit=MOST_LINES,
        )
        return [
            {
                "at": event["timestamp"] or "",
                "what": event["kind"] or "",
                "who": f"{event['resource_kind'] or ''} {event['resource_name'] or ''}".strip(),
                "text": self._condition_text(event["conditions"] or []),
            }
            for event in found
        ]

    @api.model
    def _event_domain(self, record):
        if record._name == "vworkspace.cluster":
            return [["cluster_id.code", "=", record.code]]
        instance = record if record._name == "vworkspace.application.instance" else record.instance_id
        return [
            ["cluster_id.code", "=", instance.cluster_id.code],
            ["resource_namespace", "=", instance.namespace],
            ["resource_name", "=", record.name],
        ]

    @api.model
    def _condition_text(self, conditions):
        lines = [
            f"{one.get('type')}={one.get('status')} {one.get('reason') or ''}: {one.get('message') or ''}".rstrip(": ")
            for one in conditions
        ]
        return "\n".join(lines)[:LONGEST_TEXT]

    def _read_audit(self, record):
        found = self._gateway(record)._live_search_read(
            "vworkspace.audit.entry",
            [["subject", "=", self._audit_subject(record)]],
            ["at", "actor", "on_behalf_of", "action", "detail"],
            limit=MOST_LINES,
        )
        return [
            {
                "at": entry["at"] or "",
                "what": entry["action"] or "",
                "who": self._actor_text(entry, record.company_id),
                "text": json.dumps(entry["detail"], ensure_ascii=False)[:LONGEST_TEXT] if entry["detail"] else "",
            }
            for entry in found
        ]

    @api.model
    def _audit_subject(self, record):
        kind = self._models()[record._name]
        if record._name == "vworkspace.cluster":
            return f"{kind}:{record.code}"
        instance = record if record._name == "vworkspace.application.instance" else record.instance_id
        return f"{kind}:{instance.namespace}/{record.name}"

    @api.model
    def _actor_text(self, entry, company):
        """Who acted, and for which user of Odoo he said that he did: the log has only that user's number."""
        number = (entry["on_behalf_of"] or {}).get("odoo_uid")
        if not number:
            return entry["actor"] or ""
        user = self.env["res.users"].sudo().browse(number).exists()
        is_colleague = company in user.company_ids
        name = user.name if is_colleague else self.env._("user %s of Odoo", number)
        return f"{entry['actor']} ({name})"


class VworkspaceLiveLogLine(models.TransientModel):
    _name = "vworkspace.live.log.line"
    _description = "Line of a live log"

    event_wizard_id = fields.Many2one("vworkspace.live.log.wizard", ondelete="cascade")
    audit_wizard_id = fields.Many2one("vworkspace.live.log.wizard", ondelete="cascade")
    at = fields.Char(string="Time (UTC)")
    what = fields.Char()
    who = fields.Char()
    text = fields.Text()
