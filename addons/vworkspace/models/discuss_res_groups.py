from odoo import models

# "users" is how Odoo 18 calls the first.
WHO_BELONGS = {"user_ids", "users", "implied_ids", "implied_by_ids"}


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        done = super().write(vals)
        if WHO_BELONGS & vals.keys():
            self.env["discuss.channel"]._vworkspace_sync_all_members()
        return done
