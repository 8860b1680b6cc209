import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

# In the context of the action that shows what was issued, and so in the browser's memory only: neither token nor
# command is stored.
COMMAND = "vworkspace_install_command"
EXPIRY = "vworkspace_expires_at"


class VworkspaceRegisterClusterWizard(models.TransientModel):
    _name = "vworkspace.register.cluster.wizard"
    _description = "Register a cluster"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    name = fields.Char(required=True, help="For people, for example Production in Vienna.")
    code = fields.Char(
        required=True,
        compute="_compute_code",
        store=True,
        readonly=False,
        precompute=True,
        help="The cluster's id: lower-case letters, digits and hyphens. It can't be changed later.",
    )
    simulated = fields.Boolean(help="A cluster without a cluster, for trying things out.")
    install_command = fields.Text(compute="_compute_issued")
    expires_at = fields.Char(compute="_compute_issued")

    @api.depends("name")
    def _compute_code(self):
        for wizard in self:
            wizard.code = re.sub(r"[^a-z0-9]+", "-", (wizard.name or "").lower()).strip("-")[:63]

    @api.depends_context(COMMAND, EXPIRY)
    def _compute_issued(self):
        for wizard in self:
            wizard.install_command = self.env.context.get(COMMAND)
            wizard.expires_at = self.env.context.get(EXPIRY)

    @api.constrains("code")
    def _check_code(self):
        for wizard in self:
            if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", wizard.code or ""):
                raise ValidationError(
                    self.env._(
                        'code is "%s": use lower-case letters, digits and hyphens, at most 63, '
                        "a letter or digit at both ends.",
                        wizard.code,
                    )
                )

    def action_register(self):
        """Asks the gateway for the cluster and a registration token, and shows the command once."""
        self.ensure_one()
        if not self.env.user.has_group("vworkspace.group_vworkspace_administrator"):
            raise AccessError(
                self.env._("Only the group vworkspace / Administrator registers clusters: ask one of them.")
            )
        gateway = self.env["vworkspace.gateway"]._for_company(self.company_id)
        issued = gateway._register_cluster(self.code, self.name, self.simulated)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Install the agent in %s", self.name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("vworkspace.register_cluster_wizard_view_issued").id, "form")],
            "target": "new",
            "context": {COMMAND: issued["install_command"], EXPIRY: issued["expires_at"]},
        }
