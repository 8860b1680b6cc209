import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..odoo_series import Index
from .vworkspace_application_instance import message_of

REPORTED = (
    "name",
    "progress_json",
    "outputs_json",
    "conditions_json",
    "requested_by",
    "approved_by",
    "approval_url",
    "created_at",
    "started_at",
    "finished_at",
)
DECISION = ("decision", "decision_by_id", "decision_at", "decision_reason")
INTENT = frozenset({"instance_id", "type", "engine", "parameters_json"})
ENDED = ("succeeded", "failed", "cancelled")
METHODS = {"approve": "action_approve", "reject": "action_reject", "cancel": "action_cancel"}
MAX_PARAMETERS_CHARACTERS = 64 * 1024


class VworkspaceOperation(models.Model):
    """What somebody wants to have done once. It never changes; people decide on it."""

    _name = "vworkspace.operation"
    _description = "vworkspace operation"
    _inherit = ["vworkspace.intent.mixin", "vworkspace.thread.mixin", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"
    _check_company_auto = True

    name = fields.Char(help="Made by the gateway.", readonly=True, copy=False)
    instance_id = fields.Many2one(
        "vworkspace.application.instance",
        string="Application",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    cluster_id = fields.Many2one(related="instance_id.cluster_id", related_sudo=False, store=True, index=True)
    type = fields.Selection(
        [
            ("Backup", "Backup"),
            ("Restore", "Restore"),
            ("Upgrade", "Upgrade"),
            ("Migration", "Migration"),
            ("RunCommand", "Run a command"),
            ("Runbook", "Runbook"),
        ],
        required=True,
    )
    engine = fields.Selection(
        [
            ("velero", "Velero"),
            ("snapshot", "Volume snapshot"),
            ("volsync", "VolSync"),
            ("workflow", "Argo Workflows"),
            ("job", "Job"),
            ("helm", "Helm"),
            ("helmHookJob", "Helm hook"),
        ],
        required=True,
    )
    parameters_json = fields.Text(string="Parameters", help="A JSON object.", default="{}", required=True)
    requested_by_id = fields.Many2one("res.users", string="Asked for by", readonly=True, copy=False)
    decision = fields.Selection(
        [("approve", "Approved"), ("reject", "Rejected"), ("cancel", "Cancelled")], readonly=True, copy=False
    )
    decision_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    decision_at = fields.Datetime(string="Decided", readonly=True, copy=False)
    decision_reason = fields.Char(string="Reason", readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Not sent yet"),
            ("requested", "Requested"),
            ("awaiting_approval", "Awaits approval"),
            ("queued", "Queued"),
            ("delivering", "Being delivered"),
            ("blocked", "Blocked"),
            ("running", "Running"),
            ("succeeded", "Succeeded"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    progress_json = fields.Text(string="Progress", readonly=True, copy=False)
    outputs_json = fields.Text(string="Outputs", readonly=True, copy=False)
    conditions_json = fields.Text(string="Conditions", readonly=True, copy=False)
    state_message = fields.Char(string="In words", compute="_compute_state_message")
    requested_by = fields.Char(string="Asked for, as the gateway says", readonly=True, copy=False)
    approved_by = fields.Char(string="Approved, as the gateway says", readonly=True, copy=False)
    approval_url = fields.Char(string="Approval page", readonly=True, copy=False)
    created_at = fields.Datetime(string="Created in the gateway", readonly=True, copy=False)
    started_at = fields.Datetime(string="Started", readonly=True, copy=False)
    finished_at = fields.Datetime(string="Finished", readonly=True, copy=False)
    duration_minutes = fields.Float(string="Minutes", readonly=True, copy=False, aggregator="avg")
    can_decide = fields.Boolean(compute="_compute_can")
    can_cancel = fields.Boolean(compute="_compute_can")

    _company_state_index = Index("(company_id, state)")
    _created_index = Index("(company_id, create_date DESC)")

    @api.depends("conditions_json")
    def _compute_state_message(self):
        for operation in self:
            operation.state_message = message_of(operation.conditions_json)

    @api.depends("state", "decision")
    @api.depends_context("uid")
    def _compute_can(self):
        user = self.env.user
        approver = user.has_group("vworkspace.group_vworkspace_approver")
        operator = user.has_group("vworkspace.group_vworkspace_operator")
        for operation in self:
            undecided = not operation.decision
            operation.can_decide = approver and undecided and operation.state == "awaiting_approval"
            operation.can_cancel = (
                operator and operation.decision in (False, "approve") and operation.state not in ENDED
            )

    @api.depends("name", "type", "instance_id.name")
    def _compute_display_name(self):
        kinds = dict(self._fields["type"]._description_selection(self.env))
        for operation in self:
            operation.display_name = operation.name or self.env._(
                "%(kind)s of %(application)s",
                kind=kinds.get(operation.type, ""),
                application=operation.instance_id.display_name,
            )
        self._hide_foreign_names()

    # What people may write

    @api.model
    def _ended_states(self):
        return ENDED

    @api.model
    def _observed_fields(self):
        return super()._observed_fields() | {
            *REPORTED,
            *DECISION,
            "state",
            "requested_by_id",
            "duration_minutes",
        }

    @api.model
    def _observed_blank(self):
        return {**super()._observed_blank(), "state": "draft", "requested_by_id": self.env.uid}

    @api.model
    def _intent_fields(self):
        return INTENT

    @api.constrains("parameters_json")
    def _check_parameters(self):
        for operation in self:
            try:
                parameters = json.loads(operation.parameters_json)
            except ValueError as error:
                raise ValidationError(self.env._("The parameters are no JSON (%s): correct them.", error)) from error
            if not isinstance(parameters, dict) or len(operation.parameters_json) > MAX_PARAMETERS_CHARACTERS:
                raise ValidationError(self.env._("The parameters have to be a JSON object of at most 64 KiB."))

    @api.constrains("instance_id")
    def _check_instance(self):
        for operation in self:
            if not operation.instance_id._is_deployed():
                raise ValidationError(
                    self.env._("%s isn't deployed yet: deploy it first.", operation.instance_id.display_name)
                )

    def write(self, vals):
        touched = sorted(INTENT.intersection(vals))
        if touched:
            raise UserError(
                self.env._("%s of an operation can't be changed: ask for another one.", ", ".join(touched))
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        raise UserError(self.env._("Operations are kept: they are the history of their application."))

    # Decisions

    def action_approve(self):
        """Agrees; where only the gateway's own word counts, opens its page for that."""
        self.ensure_one()
        self._require_decidable()
        gateway = self.env["vworkspace.gateway"].sudo()._of_company(self.company_id)
        if gateway.approval_trust == "personal":
            return self._approval_page()
        self._refuse_same_person()
        return self._decide("approve")

    def action_reject(self, reason=False):
        """Refuses, and may say why."""
        self.ensure_one()
        self._require_decidable()
        gateway = self.env["vworkspace.gateway"].sudo()._of_company(self.company_id)
        if gateway.approval_trust == "personal":
            return self._approval_page()
        return self._decide("reject", reason)

    def action_cancel(self):
        """Has it stopped."""
        self.ensure_one()
        self._require_member("vworkspace.group_vworkspace_operator", self.env._("operator"))
        if not self.can_cancel:
            raise UserError(self.env._("%s can't be cancelled any more.", self.display_name))
        return self._decide("cancel")

    def _require_member(self, group, called):
        if not self.env.user.has_group(group):
            raise AccessError(self.env._("Only a vworkspace %s may do this.", called))
        self.check_access("read")

    def _require_decidable(self):
        self._require_member("vworkspace.group_vworkspace_approver", self.env._("approver"))
        if not self.can_decide:
            raise UserError(self.env._("%s doesn't await a decision.", self.display_name))

    def _refuse_same_person(self):
        """The gateway decides; here it is only said early."""
        policies = self.env["vworkspace.policy"].sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("cluster_id", "in", [False, self.cluster_id.id]),
                ("four_eyes", "=", True),
            ],
            limit=1,
        )
        if policies and self.requested_by_id == self.env.user:
            raise UserError(self.env._("You asked for %s, so another person has to approve it.", self.display_name))

    def _approval_page(self):
        if not self.approval_url:
            raise UserError(
                self.env._(
                    "The gateway takes approvals of persons whom it knows itself, and has told no page for it: "
                    "ask its admin for its public address."
                )
            )
        return {"type": "ir.actions.act_url", "url": self.approval_url, "target": "new"}

    def _decide(self, decision, reason=False):
        # Approvers may not write operations: this is all that they decide.
        self.sudo()._apply_observed(
            {
                "decision": decision,
                "decision_by_id": self.env.uid,
                "decision_at": fields.Datetime.now(),
                "decision_reason": reason,
            }
        )
        self.env["vworkspace.outbox"]._enqueue(self)
        self.sudo()._tell_approvers()
        return True

    # To the gateway

    def _refs_needed(self):
        return self.instance_id.mapped("external_ref")

    def _deliver(self, gateway, row):
        answer = self._upsert(gateway, row, self.requested_by_id)
        if self.decision:
            self._deliver_decision(gateway, row, answer["id"])
        return answer

    def _deliver_decision(self, gateway, row, number):
        arguments = {"ids": [number]}
        if self.decision == "reject":
            arguments["reason"] = self.decision_reason or ""
        self.env["vworkspace.client"]._call(
            gateway,
            (self._name, METHODS[self.decision]),
            arguments,
            user=self.decision_by_id,
            # Another request than the one that makes it, and the same at each try.
            request_id=str(uuid.uuid5(uuid.UUID(row.request_id), self.decision)),
        )

    def _intent_values(self):
        return {
            **super()._intent_values(),
            "instance_id": self.instance_id.external_ref,
            "type": self.type,
            "engine": self.engine,
            "parameters_json": self.parameters_json,
        }

    # From the gateway

    @api.model
    def _values_of_report(self, values, related):
        vals = self._plain_values(values, (*REPORTED, "state", "type", "engine", "parameters_json"))
        if "instance_key" in values:
            vals["instance_id"] = related("vworkspace.application.instance", values["instance_key"]).id
        if vals.get("started_at") and vals.get("finished_at"):
            took = fields.Datetime.to_datetime(vals["finished_at"]) - fields.Datetime.to_datetime(vals["started_at"])
            vals["duration_minutes"] = took.total_seconds() / 60
        return vals

    def _settle_intent(self, intent, version, vals):
        # What an operation is never changes, on either side.
        return False

    def _take_report(self, item, vals):
        before = self.state
        result = super()._take_report(item, vals)
        if self.state != before:
            self._tell_approvers()
        return result

    @api.model
    def _make_of_report(self, item, vals):
        operation = super()._make_of_report(item, {**vals, "requested_by_id": False})
        operation._tell_approvers()
        return operation

    def _take_deletion(self):
        """The gateway keeps operations for some time only; here they are the history."""

    def _tell_approvers(self):
        """An activity for each approver while a decision is awaited, and none else."""
        kind = "mail.mail_activity_data_todo"
        for operation in self:
            if operation.state != "awaiting_approval" or operation.decision:
                operation.activity_unlink([kind])
                continue
            asked = operation.activity_ids.user_id
            for user in operation._approvers() - asked:
                operation.activity_schedule(
                    kind,
                    summary=self.env._("Approve or reject"),
                    note=self.env._("%s awaits a decision.", operation.display_name),
                    user_id=user.id,
                )

    def _approvers(self):
        gateway = self.env["vworkspace.gateway"]._of_company(self.company_id)
        approvers = gateway._members("vworkspace.group_vworkspace_approver") if gateway else self.env["res.users"]
        return approvers - self.requested_by_id if len(approvers) > 1 else approvers
