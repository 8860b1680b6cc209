from odoo import fields, models


class VworkspaceCatalogEntry(models.Model):
    _name = "vworkspace.catalog.entry"
    _description = "vworkspace catalog entry"
    _inherit = ["vworkspace.intent.mixin"]
    _order = "name, id"

    active = fields.Boolean(default=True)
    code = fields.Char(required=True)
    name = fields.Char(required=True)
    description = fields.Text()          # of Odoo alone
    image_128 = fields.Image(max_width=128, max_height=128)  # of Odoo alone
    chart_source_type = fields.Selection([("oci", "OCI registry"), ("helm", "Helm repository")], required=True, default="oci")
    chart_url = fields.Char(required=True)
    chart_name = fields.Char(required=True)
    allowed_versions_json = fields.Text(default="[]")
    allowed_versions = fields.Text(compute="_compute_lists", inverse="_inverse_lists")  # one a line
    recommended_version = fields.Char()
    default_values_json = fields.Text(default="{}")
    values_schema_json = fields.Text()
    capabilities_json = fields.Text(default="{}")
    instance_count = fields.Integer(compute="_compute_instance_count")

    def action_view_instances(self): ...
