from odoo import fields, models


class VworkspaceJob(models.Model):
    _name = "vworkspace.job"
    _description = "vworkspace job"
    _inherit = ["vworkspace.mirrored.mixin"]
    _order = "created_at desc, id desc"
    _rec_name = "idempotency_key"

    code = fields.Char(readonly=True, copy=False)
    cluster_id = fields.Many2one("vworkspace.cluster", readonly=True, ondelete="cascade", index=True)
    kind = fields.Selection([("apply", "Apply"), ("delete", "Delete"), ("intent", "Intent")], readonly=True, copy=False)
    state = fields.Selection([("queued", "Queued"), ("offered", "Offered"), ("acked", "Taken"), ("succeeded", "Succeeded"), ("failed", "Failed"),
        ("noop", "Nothing to do"), ("conflict", "Conflict"), ("superseded", "Superseded"), ("expired", "Expired")], readonly=True, copy=False)
    outcome = fields.Char(readonly=True, copy=False)
    error = fields.Text(readonly=True, copy=False)
    idempotency_key = fields.Char(readonly=True, copy=False)
    attempt = fields.Integer(readonly=True, copy=False)
    created_at = fields.Datetime(readonly=True, copy=False)
    acked_at = fields.Datetime(readonly=True, copy=False)
    settled_at = fields.Datetime(readonly=True, copy=False)
