import re

from odoo import api, fields, models


class VworkspaceDeployWizard(models.TransientModel):
    """From a catalog entry to an application. All of it also works by calls: create with an entry, a cluster and a
    name, then action_deploy()."""

    _name = "vworkspace.deploy.wizard"
    _description = "Deploy an application"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    catalog_entry_id = fields.Many2one(
        "vworkspace.catalog.entry", string="Application", required=True, ondelete="cascade", check_company=True
    )
    cluster_id = fields.Many2one(
        "vworkspace.cluster",
        required=True,
        ondelete="cascade",
        check_company=True,
        compute="_compute_cluster_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    name = fields.Char(
        required=True,
        compute="_compute_name",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Lower-case letters, digits and hyphens. It can't be changed later.",
    )
    namespace = fields.Char(
        required=True,
        compute="_compute_namespace",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Where in the cluster it runs. It can't be changed later.",
    )
    chart_version = fields.Char(
        string="Version",
        compute="_compute_chart_version",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="One exact version. Leave it empty for the recommended one.",
    )
    values_json = fields.Text(
        string="Values",
        compute="_compute_values_json",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    description = fields.Text(related="catalog_entry_id.description", related_sudo=False)
    allowed_versions = fields.Text(related="catalog_entry_id.allowed_versions", related_sudo=False)
    values_schema_json = fields.Text(related="catalog_entry_id.values_schema_json", related_sudo=False)
    simulated = fields.Boolean(related="cluster_id.simulated", related_sudo=False)

    @api.depends("company_id")
    def _compute_cluster_id(self):
        """Where there is just one cluster to choose, it is chosen."""
        for wizard in self:
            clusters = self.env["vworkspace.cluster"].search(wizard._cluster_domain(), limit=2)
            wizard.cluster_id = wizard.cluster_id or (clusters if len(clusters) == 1 else False)

    def _cluster_domain(self):
        return [("company_id", "=", self.company_id.id), ("state", "=", "active")]

    @api.depends("catalog_entry_id")
    def _compute_name(self):
        for wizard in self:
            code = (wizard.catalog_entry_id.code or "").lower()
            wizard.name = re.sub(r"[^a-z0-9-]+", "-", code).strip("-")

    @api.depends("catalog_entry_id")
    def _compute_chart_version(self):
        for wizard in self:
            wizard.chart_version = wizard.catalog_entry_id.recommended_version

    @api.depends("catalog_entry_id")
    def _compute_values_json(self):
        for wizard in self:
            wizard.values_json = wizard.catalog_entry_id.default_values_json or "{}"

    @api.depends("name")
    def _compute_namespace(self):
        for wizard in self:
            wizard.namespace = wizard.name

    def action_deploy(self):
        """Makes the application and sends it on its way; refusals of the gateway come back to its form."""
        self.ensure_one()
        instance = self.env["vworkspace.application.instance"].create(
            {
                "company_id": self.company_id.id,
                "name": self.name,
                "namespace": self.namespace,
                "cluster_id": self.cluster_id.id,
                "catalog_entry_id": self.catalog_entry_id.id,
                "chart_version": self.chart_version,
                "values_json": self.values_json,
            }
        )
        instance.action_deploy()
        return {
            "type": "ir.actions.act_window",
            "res_model": instance._name,
            "res_id": instance.id,
            "views": [(False, "form")],
            "target": "current",
        }
