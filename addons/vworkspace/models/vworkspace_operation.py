from odoo import fields, models


class VworkspaceOperation(models.Model):
    _name = "vworkspace.operation"
    _description = "vworkspace operation"
    _inherit = ["vworkspace.intent.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "create_date desc, id desc"

    # intent, given at create only
    name = fields.Char(readonly=True, copy=False)  # of the gateway; until then "Backup of shop"
    instance_id = fields.Many2one("vworkspace.application.instance", required=True, ondelete="restrict", index=True)
    cluster_id = fields.Many2one(related="instance_id.cluster_id", store=True)
    type = fields.Selection([("Backup", "Backup"), ("Restore", "Restore"), ("Upgrade", "Upgrade"), ("Migration", "Migration"),
        ("RunCommand", "Run a command"), ("Runbook", "Runbook")], required=True)
    engine = fields.Selection([("velero", "Velero"), ("snapshot", "Volume snapshot"), ("volsync", "VolSync"), ("workflow", "Argo Workflows"),
        ("job", "Job"), ("helm", "Helm"), ("helmHookJob", "Helm hook")], required=True)
    parameters_json = fields.Text(default="{}")
    requested_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    # decision, by action_approve, action_reject, action_cancel
    decision = fields.Selection([("approve", "Approved"), ("reject", "Rejected"), ("cancel", "Cancelled")], readonly=True, copy=False)
    decision_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decision_at = fields.Datetime(readonly=True, copy=False)
    decision_reason = fields.Char(readonly=True, copy=False)
    # truth
    state = fields.Selection([("draft", "Not sent yet"), ("requested", "Requested"), ("awaiting_approval", "Awaits approval"), ("queued", "Queued"),
        ("delivering", "Being delivered"), ("blocked", "Blocked"), ("running", "Running"), ("succeeded", "Succeeded"), ("failed", "Failed"),
        ("cancelled", "Cancelled")], default="draft", required=True, readonly=True, copy=False, tracking=True, index=True)
    progress_json = fields.Text(readonly=True, copy=False)
    outputs_json = fields.Text(readonly=True, copy=False)
    conditions_json = fields.Text(readonly=True, copy=False)
    state_message = fields.Char(compute="_compute_state_message")
    requested_by = fields.Char(readonly=True, copy=False)  # as the gateway says
    approved_by = fields.Char(readonly=True, copy=False)
    approval_url = fields.Char(readonly=True, copy=False)
    created_at = fields.Datetime(readonly=True, copy=False)
    started_at = fields.Datetime(readonly=True, copy=False)
    finished_at = fields.Datetime(readonly=True, copy=False)
    duration_minutes = fields.Float(readonly=True, copy=False, aggregator="avg")
    can_decide = fields.Boolean(compute="_compute_can")  # this user may approve or reject it now
    can_cancel = fields.Boolean(compute="_compute_can")

    def action_approve(self): "may return the approval page as an act_url"
    def action_reject(self, reason=False): ...
    def action_cancel(self): ...
