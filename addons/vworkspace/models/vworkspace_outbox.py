from odoo import fields, models


class VworkspaceOutbox(models.Model):
    _name = "vworkspace.outbox"
    _description = "vworkspace change to send"
    _order = "id desc"
    _rec_name = "subject"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    external_ref = fields.Char(required=True, readonly=True)
    subject = fields.Char(readonly=True)  # name of the record
    intent_version = fields.Integer(readonly=True)
    request_id = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", string="Changed by", readonly=True)
    state = fields.Selection([("waiting", "Waiting"), ("refused", "Refused"), ("sent", "Sent"), ("superseded", "Sent with a later change")],
        default="waiting", required=True, readonly=True)
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    last_error = fields.Text(readonly=True)
    settled_at = fields.Datetime(readonly=True)

    def action_retry(self): ...
    def action_open_record(self): ...
