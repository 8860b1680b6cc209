from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..odoo_series import Constraint
from .vworkspace_mirrored_mixin import MIRRORED

REPORTED = (
    "code",
    "name",
    "connectivity_mode",
    "state",
    "connected",
    "last_seen",
    "agent_version",
    "simulated",
)


class VworkspaceCluster(models.Model):
    _name = "vworkspace.cluster"
    _description = "vworkspace cluster"
    _inherit = ["vworkspace.mirrored.mixin", "vworkspace.thread.mixin"]
    _order = "name, id"
    _mail_post_access = "read"

    active = fields.Boolean(default=True, readonly=True, copy=False)
    code = fields.Char(readonly=True, copy=False)
    name = fields.Char(readonly=True, copy=False)
    connectivity_mode = fields.Selection(
        [("pull", "Pull"), ("push", "Push"), ("gitops", "GitOps")],
        string="Connectivity",
        readonly=True,
        copy=False,
    )
    state = fields.Selection(
        [("pending", "Not registered"), ("active", "Active"), ("disabled", "Switched off"), ("revoked", "Revoked")],
        readonly=True,
        copy=False,
        tracking=True,
    )
    connected = fields.Boolean(readonly=True, copy=False)
    last_seen = fields.Datetime(readonly=True, copy=False)
    agent_version = fields.Char(readonly=True, copy=False)
    conditions_json = fields.Text(string="Conditions", readonly=True, copy=False)
    simulated = fields.Boolean(readonly=True, copy=False)
    instance_ids = fields.One2many("vworkspace.application.instance", "cluster_id", string="Applications")
    instance_count = fields.Integer(string="Count of applications", compute="_compute_counts")
    problem_count = fields.Integer(string="With problems", compute="_compute_counts")
    job_count = fields.Integer(string="Count of jobs", compute="_compute_job_count")

    _code_unique = Constraint("unique (company_id, code)", "The company has a cluster of that code.")

    def _compute_counts(self):
        groups = self.env["vworkspace.application.instance"]._read_group(
            [("cluster_id", "in", self.ids)], ["cluster_id", "state"], ["__count"]
        )
        for cluster in self:
            counts = {state: count for of, state, count in groups if of == cluster}
            cluster.instance_count = sum(counts.values())
            cluster.problem_count = counts.get("degraded", 0) + counts.get("blocked", 0)

    def _compute_job_count(self):
        """Apart from the other counts: a list of clusters shows those, and need not count every job for it."""
        jobs = dict(
            self.env["vworkspace.job"]._read_group([("cluster_id", "in", self.ids)], ["cluster_id"], ["__count"])
        )
        for cluster in self:
            cluster.job_count = jobs.get(cluster, 0)

    @api.model
    def _observed_fields(self):
        return MIRRORED | {*REPORTED, "conditions_json", "active"}

    @api.model
    def _observed_blank(self):
        return {**super()._observed_blank(), "active": True, "state": "pending"}

    @api.model
    def _values_of_report(self, values, related):
        return {**self._plain_values(values, (*REPORTED, "conditions_json")), "active": True}

    @api.model
    def _same_in_odoo(self, gateway, item, related):
        return self.search([("company_id", "=", gateway.company_id.id), ("code", "=", item["values"].get("code"))])

    # Asked of the gateway live; what becomes of it is reported

    def _ask_for(self, method):
        self.ensure_one()
        if not self.env.user.has_group("vworkspace.group_vworkspace_administrator"):
            raise AccessError(self.env._("Only a vworkspace administrator may do this to a cluster."))
        self.check_access("read")
        gateway = self.env["vworkspace.gateway"]._for_company(self.company_id)
        found = gateway._live((self._name, "search"), {"domain": [("code", "=", self.code)], "limit": 1})
        if not found:
            raise UserError(self.env._("The gateway has no cluster %s any more.", self.code))
        gateway._live((self._name, method), {"ids": found})
        return True

    def action_disable(self):
        """Gives the cluster no more jobs; what runs there goes on."""
        return self._ask_for("action_disable")

    def action_enable(self):
        return self._ask_for("action_enable")

    def action_revoke(self):
        """Ends the agent's credential for good."""
        return self._ask_for("action_revoke")

    def action_view_instances(self):
        self.ensure_one()
        return self._list_of("vworkspace.application.instance", self.env._("Applications"))

    def action_view_jobs(self):
        self.ensure_one()
        return self._list_of("vworkspace.job", self.env._("Jobs"))

    def _list_of(self, model, name):
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": [("cluster_id", "=", self.id)],
        }
