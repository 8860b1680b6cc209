from odoo import fields, models


class VworkspaceParkedUpdate(models.Model):
    _name = "vworkspace.parked.update"
    _description = "vworkspace update that could not be applied"
    _order = "id desc"
    _rec_name = "key"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    external_ref = fields.Char(readonly=True)
    sequence = fields.Char(readonly=True)
    reason = fields.Text(readonly=True)
    values_json = fields.Text(readonly=True)

    def action_request_again(self): "asks the gateway to send it again"
