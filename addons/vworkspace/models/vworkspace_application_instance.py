from odoo import fields, models


class VworkspaceApplicationInstance(models.Model):
    _name = "vworkspace.application.instance"
    _description = "vworkspace application"
    _inherit = ["vworkspace.intent.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    active = fields.Boolean(default=True, readonly=True, copy=False)
    # intent
    name = fields.Char(required=True)
    namespace = fields.Char(required=True)
    cluster_id = fields.Many2one("vworkspace.cluster", required=True, ondelete="restrict", index=True)
    catalog_entry_id = fields.Many2one("vworkspace.catalog.entry", required=True, ondelete="restrict", index=True)
    catalog_code = fields.Char(related="catalog_entry_id.code")
    chart_version = fields.Char()
    values_json = fields.Text(default="{}")
    suspended = fields.Boolean(readonly=True, copy=False)  # by action_suspend and action_resume
    is_removed = fields.Boolean(readonly=True, copy=False)  # somebody asked for its removal
    # truth
    state = fields.Selection([("draft", "Draft"), ("requested", "Requested"), ("deploying", "Deploying"), ("ready", "Ready"),
        ("degraded", "Degraded"), ("blocked", "Blocked"), ("suspended", "Suspended"), ("deleting", "Being removed"), ("deleted", "Removed")],
        default="draft", required=True, readonly=True, copy=False, tracking=True, index=True)
    generation = fields.Integer(readonly=True, copy=False)
    observed_generation = fields.Integer(readonly=True, copy=False)
    conditions_json = fields.Text(readonly=True, copy=False)
    endpoints_json = fields.Text(readonly=True, copy=False)
    endpoint_url = fields.Char(compute="_compute_from_json")  # the first
    state_message = fields.Char(compute="_compute_from_json")  # Ready's, or the worst condition's, in words
    last_backup_at = fields.Datetime(readonly=True, copy=False)
    origin = fields.Char(readonly=True, copy=False)
    simulated = fields.Boolean(related="cluster_id.simulated")
    operation_ids = fields.One2many("vworkspace.operation", "instance_id")
    operation_count = fields.Integer(compute="_compute_counts")
    open_operation_count = fields.Integer(compute="_compute_counts")

    def action_deploy(self): ...
    def action_delete(self): ...
    def action_suspend(self): ...
    def action_resume(self): ...
    def action_rollback(self, generation=False): ...
    def action_backup(self): "makes a Backup operation with the first engine of the entry's capabilities; returns its action"
    def action_view_operations(self): ...
