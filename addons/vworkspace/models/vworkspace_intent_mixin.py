from odoo import api, fields, models


class VworkspaceIntentMixin(models.AbstractModel):
    """A mirrored record that people change in Odoo, and that the outbox takes to the gateway."""

    _name = "vworkspace.intent.mixin"
    _inherit = "vworkspace.mirrored.mixin"
    _description = "vworkspace: record that Odoo decides on"

    intent_version = fields.Integer(
        help="Grows with each change in Odoo; the gateway keeps the highest it has seen.",
        readonly=True,
        copy=False,
    )
    has_gateway_ref = fields.Boolean(
        string="Known to the gateway by its reference",
        readonly=True,
        copy=False,
    )
    sync_state = fields.Selection(
        [
            ("idle", "Up to date"),
            ("waiting", "Waiting to be sent"),
            ("retrying", "Failed, is tried again"),
            ("refused", "Refused by the gateway"),
        ],
        string="Sending",
        compute="_compute_sync",
        search="_search_sync_state",
    )
    sync_error = fields.Text(string="Gateway's answer", compute="_compute_sync")
    sync_next_try = fields.Datetime(string="Next try", compute="_compute_sync")

    def action_retry(self):
        """Sends now what waits or was refused."""
