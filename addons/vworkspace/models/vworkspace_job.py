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
    _order = "created_at desc, id desc"
    _rec_name = "idempotency_key"

    # By its own index below, in the order of the list.
    company_id = fields.Many2one(index=False)
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
    # People look for a part of these two.
    error = fields.Text(readonly=True, copy=False, index="trigram")
    idempotency_key = fields.Char(readonly=True, copy=False, index="trigram")
    attempt = fields.Integer(readonly=True, copy=False)
    created_at = fields.Datetime(string="Created", readonly=True, copy=False)
    acked_at = fields.Datetime(string="Taken", readonly=True, copy=False)
    settled_at = fields.Datetime(string="Settled", readonly=True, copy=False)

    # In the order of lists: of one company, of several, of a cluster, of a state. A day is a part of each.
    _company_created_index = Index("(company_id, created_at DESC, id DESC)")
    _created_index = Index("(created_at DESC, id DESC)")
    _cluster_created_index = Index("(cluster_id, created_at DESC, id DESC)")
    _state_created_index = Index("(company_id, state, created_at DESC, id DESC)")
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
