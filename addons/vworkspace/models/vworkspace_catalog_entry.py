import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..odoo_series import Constraint
from .vworkspace_mirrored_mixin import json_value

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PLAIN = (
    "code",
    "name",
    "chart_source_type",
    "chart_url",
    "chart_name",
    "recommended_version",
    "active",
)
JSON_FIELDS = {
    "allowed_versions": "[]",
    "default_values": "{}",
    "values_schema": None,
    "capabilities": "{}",
}


class VworkspaceCatalogEntry(models.Model):
    _name = "vworkspace.catalog.entry"
    _description = "vworkspace catalog entry"
    _inherit = ["vworkspace.intent.mixin", "vworkspace.lines.mixin"]
    _order = "name, id"

    active = fields.Boolean(default=True)
    code = fields.Char(required=True, help="Lower-case letters, digits and hyphens; the gateway's catalogId.")
    name = fields.Char(required=True)
    description = fields.Text(help="For people here; the gateway doesn't get it.")
    image_128 = fields.Image(string="Picture", max_width=128, max_height=128)
    chart_source_type = fields.Selection(
        [("oci", "OCI registry"), ("helm", "Helm repository")], string="Chart source", required=True, default="oci"
    )
    chart_url = fields.Char(string="Chart URL", required=True)
    chart_name = fields.Char(string="Chart", required=True)
    allowed_versions_json = fields.Text(string="Allowed versions as JSON", default="[]")
    allowed_versions = fields.Text(
        help="Exact versions or ranges, one a line; none: any that policy allows.",
        compute="_compute_lines",
        inverse="_inverse_lines",
    )
    recommended_version = fields.Char()
    default_values_json = fields.Text(string="Default values", default="{}")
    values_schema_json = fields.Text(string="Schema of the values", help="A JSON Schema; the deploy form follows it.")
    capabilities_json = fields.Text(
        string="Capabilities",
        help='What may be done with applications of it, and by which engines: {"backup": "velero,snapshot"}.',
        default="{}",
    )
    instance_count = fields.Integer(string="Count of applications", compute="_compute_instance_count")

    _code_unique = Constraint("unique (company_id, code)", "The company has a catalog entry of that code.")

    def _compute_instance_count(self):
        counts = dict(
            self.env["vworkspace.application.instance"]._read_group(
                [("catalog_entry_id", "in", self.ids)], ["catalog_entry_id"], ["__count"]
            )
        )
        for entry in self:
            entry.instance_count = counts.get(entry, 0)

    @api.depends("allowed_versions_json")
    def _compute_lines(self):
        return super()._compute_lines()

    @api.model
    def _line_fields(self):
        return ("allowed_versions",)

    @api.model
    def _json_fields(self):
        return {"default_values_json": dict, "values_schema_json": dict, "capabilities_json": dict}

    @api.constrains("allowed_versions_json", "default_values_json", "values_schema_json", "capabilities_json")
    def _check_json(self):
        return super()._check_json()

    @api.constrains("code")
    def _check_code(self):
        for entry in self:
            if not DNS_LABEL.fullmatch(entry.code):
                raise ValidationError(
                    self.env._(
                        "The code is %r: use lower-case letters, digits and hyphens, at most 63.",
                        entry.code,
                    )
                )

    @api.model
    def _intent_fields(self):
        return {*PLAIN, *(f"{name}_json" for name in JSON_FIELDS)}

    def _gateway_domain(self):
        return [("code", "=", self.code)]

    def _intent_values(self):
        values = {**super()._intent_values(), **{name: self[name] for name in PLAIN}}
        for name, empty in JSON_FIELDS.items():
            values[name] = json_value(self[f"{name}_json"], json_value(empty, False))
        return values

    @api.model
    def _values_of_report(self, values, related):
        return self._plain_values(values, (*PLAIN, *(f"{name}_json" for name in JSON_FIELDS)))

    @api.model
    def _same_in_odoo(self, gateway, item, related):
        if item.get("external_ref"):
            return self.browse()
        return self.search([("company_id", "=", gateway.company_id.id), ("code", "=", item["values"].get("code"))])

    def _capable_engines(self, verb):
        """Engines that can do something with applications of this entry, the preferred one first."""
        self.ensure_one()
        given = json_value(self.capabilities_json, {}).get(verb, "")
        return [engine.strip() for engine in str(given).split(",") if engine.strip()]

    def action_view_instances(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Applications"),
            "res_model": "vworkspace.application.instance",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("catalog_entry_id", "=", self.id)],
        }
