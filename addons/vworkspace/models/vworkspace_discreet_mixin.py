from odoo import SUPERUSER_ID, api, models


class VworkspaceDiscreetMixin(models.AbstractModel):
    """A record of a company, whose name nobody of another one is told.

    Odoo shows the name of whatever a value or a refusal names with the rights of the system: who names ids of another
    company in a form, a wizard or a call would read one name after the other.
    """

    _name = "vworkspace.discreet.mixin"
    _description = "vworkspace: record whose name stays in its company"

    @api.depends("company_id")
    @api.depends_context("uid")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        self._hide_foreign_names()
        return result

    def _hide_foreign_names(self):
        """For the end of what computes names."""
        if self.env.uid == SUPERUSER_ID:
            return
        own = self.env.user.company_ids
        for record in self.filtered(lambda record: record.company_id and record.company_id not in own):
            record.display_name = f"{record._description} {record.id}"
