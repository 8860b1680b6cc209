from odoo import fields, models


class VworkspacePolicy(models.Model):
    _name = "vworkspace.policy"
    _description = "vworkspace policy"
    _inherit = ["vworkspace.intent.mixin"]
    _order = "name, id"

    active = fields.Boolean(default=True, readonly=True, copy=False)
    name = fields.Char(required=True)
    cluster_id = fields.Many2one("vworkspace.cluster")
    # each <name>_json has a twin <name> (Text, one item a line) for forms
    allowed_namespaces_json = fields.Text(default='["*"]')
    allowed_catalog_codes_json = fields.Text(default='["*"]')
    allowed_chart_url_prefixes_json = fields.Text(default="[]")
    allowed_operations_json = fields.Text(default='["Backup/*"]')
    require_approval_for_json = fields.Text(default="[]")
    allowed_namespaces = fields.Text(compute="_compute_lists", inverse="_inverse_lists")
    allowed_catalog_codes = fields.Text(compute="_compute_lists", inverse="_inverse_lists")
    allowed_chart_url_prefixes = fields.Text(compute="_compute_lists", inverse="_inverse_lists")
    allowed_operations = fields.Text(compute="_compute_lists", inverse="_inverse_lists")
    require_approval_for = fields.Text(compute="_compute_lists", inverse="_inverse_lists")
    four_eyes = fields.Boolean()
    max_instances = fields.Integer()  # 0: no limit
    version_constraint = fields.Char()
    maintenance_windows_json = fields.Text(default="[]")
