from odoo import api, fields, models


class VworkspaceGateway(models.Model):
    _name = "vworkspace.gateway"
    _description = "vworkspace gateway"
    _inherit = ["mail.thread"]

    name = fields.Char(required=True, default="Gateway")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    active = fields.Boolean(default=True)
    url = fields.Char(string="Address", help="For example https://vworkspace.example.com", copy=False)
    # Written by an administrator, read by nobody: it always reads empty.
    api_key = fields.Char(string="Key", compute="_compute_api_key", inverse="_inverse_api_key", copy=False,
        groups="vworkspace.group_vworkspace_administrator")
    api_key_sealed = fields.Char(copy=False, readonly=True, groups=fields.NO_ACCESS)
    key_source = fields.Selection([("none", "None"), ("environment", "Environment"), ("database", "Encrypted in the database")],
        compute="_compute_key_source")
    state = fields.Selection([("new", "Not paired"), ("paired", "Paired"), ("disabled", "Switched off")],
        default="new", required=True, readonly=True, copy=False, tracking=True)
    organization_code = fields.Char(readonly=True, copy=False)
    organization_name = fields.Char(readonly=True, copy=False)
    gateway_version = fields.Char(readonly=True, copy=False)
    approval_trust = fields.Selection([("personal", "Only of persons known to the gateway"), ("odoo", "Also of those Odoo names")],
        readonly=True, copy=False)
    epoch = fields.Char(readonly=True, copy=False)
    known_sequence = fields.Char(readonly=True, copy=False, default="0")
    last_contact_at = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)
    paired_at = fields.Datetime(readonly=True, copy=False)
    paired_base_url = fields.Char(readonly=True, copy=False)
    paired_database_uuid = fields.Char(readonly=True, copy=False)
    bridge_user_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    bridge_key_expires_at = fields.Datetime(readonly=True, copy=False)
    pause_reason = fields.Text(compute="_compute_pause_reason")
    backlog = fields.Integer(string="Waiting changes", compute="_compute_backlog")
    parked_count = fields.Integer(compute="_compute_backlog")
    unknown_count = fields.Integer(string="Unknown to Odoo", readonly=True, copy=False)
    last_comparison_id = fields.Many2one("vworkspace.comparison", readonly=True, copy=False)

    # Buttons (Administrator): each returns a client action
    def action_test_connection(self): ...
    def action_pair(self, code): ...
    def action_disable(self): ...
    def action_enable(self): ...
    def action_unpair(self): ...
    def action_resume_sending(self): ...
    def action_compare_now(self): ...
    def action_renew_bridge_key(self): ...
    def action_view_outbox(self): ...
    def action_view_parked(self): ...
    # For wizards (private, not remote): raise UserError with a sentence
    def _for_company(self, company=None): ...
    def _live_search_read(self, model, domain, field_names, limit=80, offset=0, order=None): ...
    def _live_search_count(self, model, domain): ...
    def _register_cluster(self, code, name, simulated=False): "-> {token, expires_at, install_command}"
    def _unknown_instances(self, limit=200): "-> [{id, name, namespace, cluster_id, catalog_code, state, origin}]"
    def _adopt_instances(self, gateway_ids): "-> recordset of vworkspace.application.instance"
