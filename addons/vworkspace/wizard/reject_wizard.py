from odoo import fields, models


class VworkspaceRejectWizard(models.TransientModel):
    _name = "vworkspace.reject.wizard"
    _description = "Reject an operation"

    operation_id = fields.Many2one("vworkspace.operation", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(required=True, help="Who asked for the operation reads it; it is kept in the audit log.")

    def action_reject(self):
        self.ensure_one()
        self.operation_id.action_reject(self.reason)
        return {"type": "ir.actions.act_window_close"}
