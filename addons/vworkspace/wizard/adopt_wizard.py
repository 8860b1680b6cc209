from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class VworkspaceAdoptWizard(models.TransientModel):
    """What the gateway has and Odoo doesn't. Nothing of it is adopted by itself, and nothing is ever deleted for it."""

    _name = "vworkspace.adopt.wizard"
    _description = "Adopt applications"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    line_ids = fields.One2many("vworkspace.adopt.line", "wizard_id", string="Unknown to Odoo")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "line_ids" in fields_list:
            self._check_administrator()
            company = self.env["res.company"].browse(values.get("company_id") or self.env.company.id)
            gateway = self.env["vworkspace.gateway"]._for_company(company)
            values["line_ids"] = [
                fields.Command.create(self._line_of(found)) for found in gateway._unknown_instances()
            ]
        return values

    @api.model
    def _line_of(self, found):
        return {
            "gateway_id": found["id"],
            "name": found["name"],
            "namespace": found["namespace"],
            "cluster": found["cluster_code"],
            "catalog_code": found["catalog_code"],
            "state": found["state"],
            "origin": found["origin"] or "",
        }

    @api.model
    def _check_administrator(self):
        if not self.env.user.has_group("vworkspace.group_vworkspace_administrator"):
            raise AccessError(
                self.env._("Only the group vworkspace / Administrator adopts applications: ask one of them.")
            )

    def action_adopt(self):
        self.ensure_one()
        self._check_administrator()
        chosen = self.line_ids.filtered("is_chosen")
        if not chosen:
            raise UserError(self.env._("No application is chosen: tick those that Odoo shall take over."))
        gateway = self.env["vworkspace.gateway"]._for_company(self.company_id)
        adopted = gateway._adopt_instances(chosen.mapped("gateway_id"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adopted"),
            "res_model": adopted._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", adopted.ids)],
        }


class VworkspaceAdoptLine(models.TransientModel):
    _name = "vworkspace.adopt.line"
    _description = "Application that Odoo doesn't have"

    wizard_id = fields.Many2one("vworkspace.adopt.wizard", required=True, ondelete="cascade")
    is_chosen = fields.Boolean(string="Adopt")
    gateway_id = fields.Integer(string="Number in the gateway", required=True)
    name = fields.Char()
    namespace = fields.Char()
    cluster = fields.Char()
    catalog_code = fields.Char(string="Catalog entry")
    state = fields.Char()
    origin = fields.Char()
