from odoo import models


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Members hear of changes in their companies; the server says which, so that no browser can name another's."""
        channels = list(channels)
        if self.env.user and self.env.user.has_group("vworkspace.group_vworkspace_user"):
            channels += [(company, "vworkspace") for company in self.env.user.company_ids]
        return super()._build_bus_channel_list(channels)
