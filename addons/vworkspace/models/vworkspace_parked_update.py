from odoo import fields, models

from ..odoo_series import Constraint


class VworkspaceParkedUpdate(models.Model):
    """A report of the gateway that Odoo could not apply; the gateway sends it again when it changes, or when asked."""

    _name = "vworkspace.parked.update"
    _description = "vworkspace report that could not be applied"
    _order = "id desc"
    _rec_name = "key"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    key = fields.Char(string="Gateway key", required=True, readonly=True)
    external_ref = fields.Char(string="External reference", readonly=True)
    sequence = fields.Char(readonly=True)
    reason = fields.Text(readonly=True)
    values_json = fields.Text(string="Report", readonly=True)

    _key_unique = Constraint("unique (company_id, model, key)", "The report is parked already.")

    def action_request_again(self):
        """Asks the gateway for everything again."""
        for company in self.mapped("company_id"):
            gateway = self.env["vworkspace.gateway"]._for_company(company)
            gateway._require_administrator()
            gateway._live(("vworkspace.odoo.database", "resend_all"), {})
        return True
