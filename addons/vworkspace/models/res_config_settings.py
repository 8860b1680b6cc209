from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    vworkspace_gateway_id = fields.Many2one("vworkspace.gateway", compute="_compute_vworkspace_gateway")
    vworkspace_url = fields.Char(string="Gateway address")
    vworkspace_api_key = fields.Char(string="Gateway key")  # write only
    vworkspace_pairing_code = fields.Char(string="Pairing code")
    vworkspace_state = fields.Selection(related="vworkspace_gateway_id.state")
    vworkspace_key_source = fields.Selection(related="vworkspace_gateway_id.key_source")
    vworkspace_organization_name = fields.Char(related="vworkspace_gateway_id.organization_name")
    vworkspace_pause_reason = fields.Text(related="vworkspace_gateway_id.pause_reason")
    vworkspace_last_error = fields.Text(related="vworkspace_gateway_id.last_error")

    def action_vworkspace_test_connection(self): ...
    def action_vworkspace_pair(self): ...
    def action_vworkspace_open_gateway(self): ...
