from odoo import api, models
from odoo.exceptions import AccessError


class DiscussChannelMember(models.Model):
    _inherit = "discuss.channel.member"

    @api.model_create_multi
    def create(self, vals_list):
        """Members of a group channel may invite whom they like; into a company's channel of vworkspace they may not."""
        members = super().create(vals_list)
        for member in members.sudo():
            channel = member.channel_id
            company = (channel.vworkspace_company_id or channel.parent_channel_id.vworkspace_company_id)
            if company and member.partner_id not in channel._vworkspace_partners(company):
                raise AccessError(
                    self.env._(
                        "%(name)s can't join this channel: its members are those with the group vworkspace / User "
                        "in %(company)s.",
                        name=member.partner_id.name or member.guest_id.name,
                        company=company.name,
                    )
                )
        return members
