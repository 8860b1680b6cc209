from odoo import fields, models


class VworkspaceCluster(models.Model):
    _name = "vworkspace.cluster"
    _description = "vworkspace cluster"
    _inherit = ["vworkspace.mirrored.mixin", "mail.thread"]
    _order = "name, id"

    active = fields.Boolean(default=True, readonly=True, copy=False)
    code = fields.Char(readonly=True, copy=False)
    name = fields.Char(readonly=True, copy=False)
    connectivity_mode = fields.Selection([("pull", "Pull"), ("push", "Push"), ("gitops", "GitOps")], readonly=True, copy=False)
    state = fields.Selection([("pending", "Not registered"), ("active", "Active"), ("disabled", "Switched off"), ("revoked", "Revoked")],
        readonly=True, copy=False, tracking=True)
    connected = fields.Boolean(readonly=True, copy=False)
    last_seen = fields.Datetime(readonly=True, copy=False)
    agent_version = fields.Char(readonly=True, copy=False)
    conditions_json = fields.Text(string="Conditions", readonly=True, copy=False)
    simulated = fields.Boolean(readonly=True, copy=False)
    instance_ids = fields.One2many("vworkspace.application.instance", "cluster_id")
    instance_count = fields.Integer(compute="_compute_counts")
    problem_count = fields.Integer(compute="_compute_counts")
    job_count = fields.Integer(compute="_compute_counts")

    def action_view_instances(self): ...
    def action_view_jobs(self): ...
    # Administrator, asked of the gateway live
    def action_disable(self): ...
    def action_enable(self): ...
    def action_revoke(self): ...
