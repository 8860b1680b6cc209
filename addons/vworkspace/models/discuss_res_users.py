from odoo import api, models

from ..odoo_series import GROUPS

WHO_BELONGS = {"active", "company_ids", GROUPS, "share"}


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        self.env["discuss.channel"]._vworkspace_sync_all_members()
        return users

    def write(self, vals):
        done = super().write(vals)
        if WHO_BELONGS & vals.keys():
            self.env["discuss.channel"]._vworkspace_sync_all_members()
        return done
