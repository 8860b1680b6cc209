from odoo import models


class VworkspaceThreadMixin(models.AbstractModel):
    """A record with a chatter, whose followers are told to those who may read it. Odoo tells them to whoever asks."""

    _name = "vworkspace.thread.mixin"
    _inherit = ["mail.thread"]
    _description = "vworkspace: record with a chatter"

    def message_get_followers(self, *args, **kwargs):
        self.check_access("read")
        return super().message_get_followers(*args, **kwargs)
