from datetime import timedelta

from odoo import api, fields, models

from ..odoo_series import Index
from .vworkspace_mirrored_mixin import MIRRORED

REPORTED = (
    "code",
    "kind",
    "state",
    "outcome",
    "error",
    "idempotency_key",
    "attempt",
    "created_at",
    "acked_at",
    "settled_at",
)
KEPT_DAYS = 30
ROWS_A_SWEEP = 10_000


class VworkspaceJob(models.Model):
    """One attempt to carry something to a cluster, as the gateway tells of it."""

    _name = "vworkspace.job"
    _description = "vworkspace job"
    _inherit = ["vworkspace.mirrored.mixin"]
    _order = "id desc"
    _rec_name = "idempotency_key"

    code = fields.Char(readonly=True, copy=False)
    cluster_id = fields.Many2one("vworkspace.cluster", readonly=True, copy=False, ondelete="cascade")
    kind = fields.Selection(
        [("apply", "Apply"), ("delete", "Delete"), ("intent", "Intent")], readonly=True, copy=False
    )
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("offered", "Offered"),
            ("acked", "Taken"),
            ("succeeded", "Succeeded"),
            ("failed", "Failed"),
            ("noop", "Nothing to do"),
            ("conflict", "Conflict"),
            ("superseded", "Superseded"),
            ("expired", "Expired"),
        ],
        readonly=True,
        copy=False,
    )
    outcome = fields.Char(readonly=True, copy=False)
    error = fields.Text(readonly=True, copy=False)
    idempotency_key = fields.Char(readonly=True, copy=False)
    attempt = fields.Integer(readonly=True, copy=False)
    created_at = fields.Datetime(string="Created", readonly=True, copy=False)
    acked_at = fields.Datetime(string="Taken", readonly=True, copy=False)
    settled_at = fields.Datetime(string="Settled", readonly=True, copy=False)

    _cluster_index = Index("(cluster_id, id DESC)")
    _company_state_index = Index("(company_id, state, id DESC)")
    _settled_index = Index("(settled_at) WHERE settled_at IS NOT NULL")

    @api.model
    def _observed_fields(self):
        return MIRRORED | {*REPORTED, "cluster_id"}

    @api.model
    def _values_of_report(self, values, related):
        vals = self._plain_values(values, REPORTED)
        if "cluster_key" in values:
            vals["cluster_id"] = related("vworkspace.cluster", values["cluster_key"]).id
        return vals

    @api.model
    def _make_of_report(self, item, vals):
        # A job has no name of Odoo's; an index of empty ones costs nothing.
        return self._create_observed({**vals, "external_ref": False})

    def _take_deletion(self):
        self.unlink()

    @api.autovacuum
    def _gc_settled(self):
        """The gateway has them all; here are those that are open, or were lately."""
        end = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        jobs = self.sudo().search([("settled_at", "<", end)], limit=ROWS_A_SWEEP)
        jobs.unlink()
        return len(jobs), len(jobs) == ROWS_A_SWEEP
