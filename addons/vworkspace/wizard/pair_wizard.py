from odoo import fields, models


class VworkspacePairWizard(models.TransientModel):
    """Ties the gateway's key to this database with a code that counts once, for 15 minutes."""

    _name = "vworkspace.pair.wizard"
    _description = "Pair with a gateway"

    gateway_id = fields.Many2one("vworkspace.gateway", required=True, readonly=True, ondelete="cascade")
    code = fields.Char(string="Pairing code", required=True)

    def action_pair(self):
        self.ensure_one()
        return self.gateway_id.action_pair(self.code.strip())
