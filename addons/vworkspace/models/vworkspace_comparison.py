from odoo import fields, models


class VworkspaceComparison(models.Model):
    _name = "vworkspace.comparison"
    _description = "vworkspace comparison with the gateway"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    reason = fields.Selection([("schedule", "On schedule"), ("epoch", "The gateway was restored"), ("behind", "Odoo was restored"),
        ("pairing", "After pairing"), ("manual", "Asked for")], readonly=True)
    state = fields.Selection([("running", "Running"), ("done", "Done"), ("failed", "Failed")], readonly=True)
    started_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    seconds = fields.Float(readonly=True)
    records = fields.Integer(string="Compared", readonly=True)
    pages = fields.Integer(string="Pages that differed", readonly=True)
    sent_again = fields.Integer(readonly=True)
    taken_over = fields.Integer(string="Taken over from the gateway", readonly=True)
    raised = fields.Integer(string="Raised above the gateway's", readonly=True)
    truth_requested = fields.Integer(string="Reports asked for again", readonly=True)
    unknown = fields.Integer(string="Unknown to Odoo", readonly=True)
    error = fields.Text(readonly=True)
    report_json = fields.Text(readonly=True)
