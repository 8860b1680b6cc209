"""What has another name, or another shape, in another series of Odoo. addons/series/<N> holds such a file for each."""

from odoo import models

Constraint = models.Constraint
Index = models.Index
UniqueIndex = models.UniqueIndex

# Fields of res.users: the groups that somebody was given, and those with what they imply.
GROUPS = "group_ids"
ALL_GROUPS = "all_group_ids"


def commit_progress(env):
    """Keeps what a cron has done so far."""
    env["ir.cron"]._commit_progress(1)
