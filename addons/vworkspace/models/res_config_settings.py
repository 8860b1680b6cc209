from odoo import api, fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    vworkspace_gateway_id = fields.Many2one("vworkspace.gateway", compute="_compute_vworkspace_gateway")
    vworkspace_url = fields.Char(string="Gateway's address")
    # Without a column: what is typed goes to the gateway's record, encrypted, and nowhere else.
    vworkspace_api_key = fields.Char(
        string="Gateway's key",
        help="It is stored encrypted and shown to nobody.",
        compute="_compute_vworkspace_api_key",
        inverse="_inverse_vworkspace_api_key",
    )
    vworkspace_pairing_code = fields.Char(string="Pairing code")
    vworkspace_state = fields.Selection(related="vworkspace_gateway_id.state")
    vworkspace_key_source = fields.Selection(related="vworkspace_gateway_id.key_source")
    vworkspace_organization_name = fields.Char(related="vworkspace_gateway_id.organization_name")
    vworkspace_pause_reason = fields.Text(related="vworkspace_gateway_id.pause_reason")
    vworkspace_last_error = fields.Text(related="vworkspace_gateway_id.last_error")

    @api.depends("company_id")
    def _compute_vworkspace_gateway(self):
        for settings in self:
            settings.vworkspace_gateway_id = self.env["vworkspace.gateway"]._of_company(settings.company_id)

    @api.model
    def get_values(self):
        values = super().get_values()
        values["vworkspace_url"] = self.env["vworkspace.gateway"]._of_company(self.env.company).url
        return values

    def set_values(self):
        result = super().set_values()
        self._save_vworkspace({})
        return result

    def _compute_vworkspace_api_key(self):
        self.vworkspace_api_key = False

    def _inverse_vworkspace_api_key(self):
        for settings in self.filtered("vworkspace_api_key"):
            settings._save_vworkspace({"api_key": settings.vworkspace_api_key})

    def _save_vworkspace(self, vals):
        """The company's gateway, as the form says it."""
        gateway = self.env["vworkspace.gateway"]._of_company(self.company_id)
        if (self.vworkspace_url or "") != (gateway.url or ""):
            vals = {**vals, "url": self.vworkspace_url}
        if not gateway:
            return gateway.create({**vals, "company_id": self.company_id.id}) if vals else gateway
        if vals:
            gateway.write(vals)
        return gateway

    def _vworkspace_gateway(self):
        gateway = self._save_vworkspace({})
        if not gateway.url:
            raise UserError(self.env._("The gateway's address is empty: enter https://HOST."))
        return gateway

    def action_vworkspace_test_connection(self):
        return self._vworkspace_gateway().action_test_connection()

    def action_vworkspace_pair(self):
        code = self.vworkspace_pairing_code
        self.vworkspace_pairing_code = False
        return self._vworkspace_gateway().action_pair(code)

    def action_vworkspace_open_gateway(self):
        gateway = self._vworkspace_gateway()
        return {
            "type": "ir.actions.act_window",
            "res_model": "vworkspace.gateway",
            "res_id": gateway.id,
            "views": [[False, "form"]],
        }
