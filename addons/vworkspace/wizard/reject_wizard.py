from odoo import fields, models


class VworkspaceRejectWizard(models.TransientModel):
    _name = "vworkspace.reject.wizard"
    _description = "Reject an operation"

    operation_id = fields.Many2one("vworkspace.operation", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(required=True, help="Who asked for the operation reads it; it is kept in the audit log.")

    def action_reject(self):
        self.ensure_one()
        answer = self.operation_id.action_reject(self.reason)
        # Where the gateway takes decisions only of persons whom it knows itself, it is its page.
        return answer if isinstance(answer, dict) else {"type": "ir.actions.act_window_close"}
