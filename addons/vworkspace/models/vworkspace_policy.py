from odoo import api, fields, models
from odoo.exceptions import AccessError

from .vworkspace_mirrored_mixin import json_value

LISTS = (
    "allowed_namespaces",
    "allowed_catalog_codes",
    "allowed_chart_url_prefixes",
    "allowed_operations",
    "require_approval_for",
)
PLAIN = ("name", "four_eyes", "max_instances", "version_constraint")
JSON_NAMES = tuple(f"{name}_json" for name in (*LISTS, "maintenance_windows"))


def _lines(label, help_text):
    return fields.Text(string=label, help=help_text, compute="_compute_lines", inverse="_inverse_lines")


class VworkspacePolicy(models.Model):
    _name = "vworkspace.policy"
    _description = "vworkspace policy"
    _inherit = ["vworkspace.intent.mixin", "vworkspace.lines.mixin"]
    _order = "name, id"

    active = fields.Boolean(default=True, readonly=True, copy=False)
    is_removed = fields.Boolean(string="To be removed", readonly=True, copy=False)
    name = fields.Char(required=True)
    cluster_id = fields.Many2one(
        "vworkspace.cluster",
        help="Empty: for all clusters of the company.",
        check_company=True,
        ondelete="restrict",
        index=True,
    )
    allowed_namespaces_json = fields.Text(string="Allowed namespaces as JSON", default="[]")
    allowed_catalog_codes_json = fields.Text(string="Allowed catalog entries as JSON", default="[]")
    allowed_chart_url_prefixes_json = fields.Text(string="Allowed chart URLs as JSON", default="[]")
    allowed_operations_json = fields.Text(string="Allowed operations as JSON", default='["Backup/*"]')
    require_approval_for_json = fields.Text(string="Approval needed for, as JSON", default="[]")
    allowed_namespaces = _lines("Allowed namespaces", "Names, or patterns with *, one a line; none: no namespace.")
    allowed_catalog_codes = _lines("Allowed catalog entries", "Codes, or patterns with *, one a line; none: no entry.")
    allowed_chart_url_prefixes = _lines(
        "Allowed chart URLs", "What a chart's URL begins with, one a line; none: no chart."
    )
    allowed_operations = _lines(
        "Allowed operations", "Type/engine, for example Backup/velero or Restore/*, one a line; none: backups only."
    )
    require_approval_for = _lines("Approval is needed for", "Type/engine, one a line; none: no approval is needed.")
    four_eyes = fields.Boolean(string="Four eyes", help="Who asked for an operation can't approve it.")
    max_instances = fields.Integer(string="Applications at most", help="0: no limit.")
    version_constraint = fields.Char(
        string="Version constraint", help="A range of versions, for example >=1.2.0 <2.0.0."
    )
    maintenance_windows_json = fields.Text(
        string="Maintenance windows",
        help='[{"cron": "0 2 * * 6", "duration_minutes": 120, "timezone": "Europe/Vienna"}]; empty: always.',
        default="[]",
    )

    @api.depends(*(f"{name}_json" for name in LISTS))
    def _compute_lines(self):
        return super()._compute_lines()

    @api.model
    def _line_fields(self):
        return LISTS

    @api.model
    def _json_fields(self):
        return {"maintenance_windows_json": list}

    @api.constrains(*JSON_NAMES)
    def _check_json(self):
        return super()._check_json()

    @api.model
    def _observed_fields(self):
        return super()._observed_fields() | {"active", "is_removed"}

    @api.model
    def _observed_blank(self):
        return {**super()._observed_blank(), "active": True}

    @api.model
    def _intent_fields(self):
        return {*PLAIN, "cluster_id", *JSON_NAMES}

    def _is_to_go(self):
        self.ensure_one()
        return self.is_removed

    def action_delete(self):
        """Has the gateway enforce these policies no more: the others alone decide then, and where none is left nothing
        may be deployed. Archived when the gateway has done it."""
        if not self.env.user.has_group("vworkspace.group_vworkspace_administrator"):
            raise AccessError(self.env._("Only a vworkspace administrator may remove policies."))
        self.check_access("write")
        live = self.filtered(lambda policy: policy.active and not policy.is_removed)
        live._apply_observed({"is_removed": True})
        live._send_change()
        return True

    def _gateway_domain(self):
        # The gateway has one policy for all clusters, and one for each.
        code = self.cluster_id.code
        return [("cluster_id.code", "=", code)] if code else [("cluster_id", "=", False)]

    def _intent_values(self):
        values = {**super()._intent_values(), **{name: self[name] for name in PLAIN}}
        values["cluster_id"] = self.cluster_id.code or False
        values["max_instances"] = self.max_instances or False
        for name in JSON_NAMES:
            values[name.removesuffix("_json")] = json_value(self[name], [])
        return values

    @api.model
    def _values_of_report(self, values, related):
        vals = {**self._plain_values(values, (*PLAIN, *JSON_NAMES)), "active": True}
        if "cluster_key" in values:
            vals["cluster_id"] = related("vworkspace.cluster", values["cluster_key"]).id
        return vals

    @api.model
    def _same_in_odoo(self, gateway, item, related):
        if item.get("external_ref"):
            return self.browse()
        cluster = related("vworkspace.cluster", item["values"].get("cluster_key"))
        return self.search([("company_id", "=", gateway.company_id.id), ("cluster_id", "=", cluster.id)], limit=1)

    def _take_absence(self):
        """The gateway answered the tombstone with: there is no such thing."""
        self._apply_observed({"active": False})
