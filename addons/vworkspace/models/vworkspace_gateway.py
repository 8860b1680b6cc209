import os
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .. import secrets_store
from ..odoo_series import ALL_GROUPS, GROUPS, Constraint

KEY_VARIABLE = "VWORKSPACE_GATEWAY_KEY"
PLAIN_HTTP_VARIABLE = "VWORKSPACE_ALLOW_HTTP"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Odoo ends keys of users who aren't administrators; the group of the bridge allows as much (security/groups.xml).
KEY_DAYS = 365
WARN_DAYS = 14
DATABASE = "vworkspace.odoo.database"
# What pairing and the gateway say, and people don't.
KEPT = frozenset(
    {
        "api_key_sealed",
        "state",
        "organization_code",
        "organization_name",
        "gateway_version",
        "approval_trust",
        "epoch",
        "known_sequence",
        "last_contact_at",
        "paired_at",
        "paired_base_url",
        "paired_database_uuid",
        "bridge_user_id",
        "bridge_key_expires_at",
    }
)


class VworkspaceGateway(models.Model):
    _name = "vworkspace.gateway"
    _description = "vworkspace gateway"
    _inherit = ["vworkspace.discreet.mixin", "vworkspace.thread.mixin", "mail.activity.mixin"]

    name = fields.Char(required=True, default="Gateway")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    active = fields.Boolean(default=True)
    url = fields.Char(string="Address", help="For example https://vworkspace.example.com", copy=False)
    api_key = fields.Char(
        string="Key",
        help="An API key of the role bridge. It is stored encrypted and shown to nobody.",
        compute="_compute_api_key",
        inverse="_inverse_api_key",
        copy=False,
        groups="vworkspace.group_vworkspace_administrator",
    )
    api_key_sealed = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    key_source = fields.Selection(
        [("none", "None"), ("environment", "Environment of the server"), ("database", "Encrypted in the database")],
        string="Key from",
        compute="_compute_key_source",
    )
    state = fields.Selection(
        [("new", "Not paired"), ("paired", "Paired"), ("disabled", "Switched off")],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    organization_code = fields.Char(string="Organization's code", readonly=True, copy=False)
    organization_name = fields.Char(string="Organization", readonly=True, copy=False)
    gateway_version = fields.Char(string="Version", readonly=True, copy=False)
    approval_trust = fields.Selection(
        [("personal", "Only of persons known to the gateway"), ("odoo", "Also of those whom Odoo names")],
        string="Whose approvals count",
        readonly=True,
        copy=False,
    )
    epoch = fields.Char(readonly=True, copy=False)
    known_sequence = fields.Char(readonly=True, copy=False, default="0")
    last_contact_at = fields.Datetime(string="Last contact", readonly=True, copy=False)
    last_error = fields.Text(compute="_compute_backlog")
    paired_at = fields.Datetime(string="Paired", readonly=True, copy=False)
    paired_base_url = fields.Char(string="Address of Odoo when paired", readonly=True, copy=False)
    paired_database_uuid = fields.Char(string="Database when paired", readonly=True, copy=False)
    bridge_user_id = fields.Many2one(
        "res.users", string="Gateway's user", readonly=True, copy=False, ondelete="restrict"
    )
    bridge_key_expires_at = fields.Datetime(string="Gateway's key ends", readonly=True, copy=False)
    pause_reason = fields.Text(string="Nothing is sent because", compute="_compute_pause_reason")
    backlog = fields.Integer(string="Waiting changes", compute="_compute_backlog")
    refused_count = fields.Integer(string="Refused changes", compute="_compute_backlog")
    parked_count = fields.Integer(string="Reports not applied", compute="_compute_backlog")
    unknown_count = fields.Integer(string="Unknown to Odoo", compute="_compute_last_comparison")
    last_comparison_id = fields.Many2one(
        "vworkspace.comparison", string="Last comparison", compute="_compute_last_comparison"
    )

    _company_unique = Constraint("unique (company_id)", "The company has a gateway already: use that one.")

    @api.constrains("url")
    def _check_url(self):
        for gateway in self.filtered("url"):
            gateway._base_address()

    # What stands on the form

    def _compute_api_key(self):
        self.api_key = False

    def _inverse_api_key(self):
        for gateway in self:
            if gateway.api_key:
                gateway.sudo()._keep({"api_key_sealed": secrets_store.seal(gateway.api_key.strip())})

    @api.depends_context("uid")
    def _compute_key_source(self):
        for gateway in self:
            if gateway._environment_key():
                gateway.key_source = "environment"
            else:
                gateway.key_source = "database" if gateway.sudo().api_key_sealed else "none"

    def _compute_pause_reason(self):
        for gateway in self:
            gateway.pause_reason = gateway._pause_reason()

    def _compute_backlog(self):
        for gateway in self:
            ours = [("company_id", "=", gateway.company_id.id)]
            outbox = self.env["vworkspace.outbox"].sudo()
            gateway.backlog = outbox.search_count([*ours, ("state", "=", "waiting")])
            gateway.refused_count = outbox.search_count([*ours, ("state", "=", "refused")])
            failed = outbox.search([*ours, ("state", "=", "waiting"), ("attempts", ">", 0)], limit=1)
            gateway.last_error = failed.last_error
            gateway.parked_count = self.env["vworkspace.parked.update"].sudo().search_count(ours)

    def _compute_last_comparison(self):
        for gateway in self:
            last = self.env["vworkspace.comparison"].sudo().search(
                [("company_id", "=", gateway.company_id.id), ("state", "=", "done")], limit=1
            )
            gateway.last_comparison_id = last
            gateway.unknown_count = last.unknown

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_kept(vals)
            self._refuse_foreign_company(vals.get("company_id"))
        gateways = super().create([{**vals, **self._kept_blank()} for vals in vals_list])
        return gateways

    @api.model
    def _kept_blank(self):
        """What a new gateway holds of that, whatever a context or a user's defaults say."""
        # Nobody may name the sealed key, not even to leave it empty.
        blank = dict.fromkeys(KEPT - {"api_key_sealed"}, False)
        return {**blank, "state": "new", "known_sequence": "0"}

    @api.model
    def _refuse_kept(self, vals):
        touched = sorted(KEPT.intersection(vals))
        if touched:
            raise AccessError(
                self.env._("%s of a gateway can't be written: pairing and its buttons do.", ", ".join(touched))
            )

    @api.model
    def _refuse_foreign_company(self, company_id):
        """Before anything is tried: that a company has a gateway already is told to those who work there only."""
        if company_id and not self.env.su and company_id not in self.env.user.company_ids.ids:
            raise AccessError(self.env._("You don't work in that company."))

    def _keep(self, vals):
        """Writes what the gateway told, or what a button decided: the one way past :meth:`write`."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def write(self, vals):
        self._refuse_kept(vals)
        if "company_id" in vals:
            raise AccessError(self.env._("The company of a gateway can't be changed: make another gateway there."))
        moved = self.filtered(lambda gateway: "url" in vals and gateway._place_of(vals["url"]) != gateway._place())
        result = super().write(vals)
        if moved:
            # A key is for one gateway only: at another address it would be handed to strangers.
            moved.sudo()._forget(**({} if vals.get("api_key") else {"api_key_sealed": False}))
        return result

    def _place(self):
        return self._place_of(self.url)

    @api.model
    def _place_of(self, url):
        parts = urlsplit((url or "").strip())
        return (parts.scheme, parts.netloc)

    # Where the gateway is, and how it knows us

    def _base_address(self):
        """The address without a slash at its end.

        :raise ValidationError: where it isn't one that a key may be sent to
        """
        self.ensure_one()
        parts = urlsplit((self.url or "").strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValidationError(self.env._("The gateway's address is %r: enter https://HOST.", self.url or ""))
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValidationError(self.env._("The gateway's address has more than host and path: enter https://HOST."))
        plain = parts.hostname in LOOPBACK or os.environ.get(PLAIN_HTTP_VARIABLE)
        if parts.scheme == "http" and not plain:
            raise ValidationError(
                self.env._(
                    "The gateway's address begins with http://, which anyone on the way reads: use https://, "
                    "or set %s=1 for the server.",
                    PLAIN_HTTP_VARIABLE,
                )
            )
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    def _environment_key(self):
        """The key that the server's environment gives; the one without a number is the first company's."""
        self.ensure_one()
        company = self.sudo().company_id.id
        own = os.environ.get(f"{KEY_VARIABLE}_{company}")
        first = self.env["res.company"].sudo().search([], order="id", limit=1).id
        return own or (os.environ.get(KEY_VARIABLE) if company == first else None)

    def _secret_key(self):
        self.ensure_one()
        given = self._environment_key()
        if given:
            return given.strip()
        sealed = self.sudo().api_key_sealed
        if not sealed:
            raise UserError(self.env._("The gateway has no key: enter one, or set %s for the server.", KEY_VARIABLE))
        key = secrets_store.unseal(sealed)
        if key is None:
            raise UserError(
                self.env._("The gateway's key was encrypted on another server and can't be read here: enter it again.")
            )
        return key

    @api.model
    def _database_uuid(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    @api.model
    def _odoo_address(self):
        return self.env["ir.config_parameter"].sudo().get_param("web.base.url")

    def _pause_reason(self):
        """Why nothing is sent, as a sentence; False: it is."""
        self.ensure_one()
        if self.state == "new":
            return self.env._("Odoo and the gateway aren't paired: enter a pairing code.")
        if self.state == "disabled":
            return self.env._("The gateway is switched off here.")
        if self.paired_database_uuid != self._database_uuid():
            return self.env._(
                "This database is a copy of the one that was paired: pair it on its own, if it may steer."
            )
        if self.paired_base_url != self._odoo_address():
            return self.env._(
                "Odoo's address was %(then)s when it was paired and is %(now)s now: if this isn't a copy, "
                "confirm the new address.",
                then=self.paired_base_url,
                now=self._odoo_address(),
            )
        return False

    @api.model
    def _of_company(self, company):
        return self.search([("company_id", "=", company.id)], limit=1)

    @api.model
    def _for_company(self, company=None):
        """The company's gateway, ready to be asked. For wizards: they check the user's group first."""
        company = company or self.env.company
        if not self.env.su and company not in self.env.user.company_ids:
            raise AccessError(self.env._("You don't work in that company."))
        gateway = self.sudo()._of_company(company)
        if not gateway:
            raise UserError(self.env._("The company has no gateway yet: enter its address and key first."))
        reason = gateway._pause_reason()
        if reason:
            raise UserError(reason)
        return gateway

    # Buttons

    def _require_administrator(self):
        if not self.env.user.has_group("vworkspace.group_vworkspace_administrator"):
            raise AccessError(self.env._("Only a vworkspace administrator may do this."))
        self.check_access("write")

    def action_test_connection(self):
        """Asks the gateway who we are there, and says so."""
        self.ensure_one()
        self._require_administrator()
        told = self._ask("status", {})
        self._take_status(told)
        self.env["vworkspace.outbox"]._retry_company(self.company_id)
        organization = told.get("organization") or {}
        return self._notice(
            self.env._(
                "Connected to %(organization)s, gateway %(version)s.",
                organization=organization.get("name") or organization.get("code"),
                version=told.get("version"),
            )
        )

    def _ask(self, method, arguments):
        return self.env["vworkspace.client"]._call(self.sudo(), (DATABASE, method), arguments, user=self.env.user)

    def _take_status(self, told):
        organization = told.get("organization") or {}
        self.sudo()._keep(
            {
                "organization_code": organization.get("code"),
                "organization_name": organization.get("name"),
                "gateway_version": told.get("version"),
                "approval_trust": told.get("approval_trust"),
                "last_contact_at": fields.Datetime.now(),
            }
        )

    def _knows_less_than(self, told):
        """Whether Odoo has told the gateway of reports that it doesn't have: it was restored from a backup.

        :param told: the gateway's status, asked before this transaction began
        """
        return told.get("epoch") == self.epoch and int(told.get("acknowledged_sequence") or 0) > int(
            self.known_sequence or 0
        )

    def action_pair(self, code):
        """Binds this database to the gateway by a code that its admin made; the gateway gets a key of its own user."""
        self.ensure_one()
        self._require_administrator()
        if not (code or "").strip():
            raise UserError(self.env._("The pairing code is empty: ask the gateway's admin for one."))
        gateway = self.sudo()
        user = gateway._bridge_user()
        key, ends = gateway._new_bridge_key(user)
        told = self._ask(
            "pair",
            {
                "code": code.strip(),
                "database_uuid": self._database_uuid(),
                "url": self._odoo_address(),
                "database": self.env.cr.dbname,
                "login": user.login,
                "key": key,
            },
        )
        gateway._take_status(told)
        gateway._keep(
            {
                "state": "paired",
                "epoch": told.get("epoch"),
                "known_sequence": "0",
                "paired_at": fields.Datetime.now(),
                "paired_base_url": self._odoo_address(),
                "paired_database_uuid": self._database_uuid(),
                "bridge_user_id": user.id,
                "bridge_key_expires_at": ends,
            }
        )
        gateway.activity_unlink(["mail.mail_activity_data_todo"])
        self.env["vworkspace.comparison"]._request(gateway.company_id, "pairing")
        self.env["vworkspace.outbox"]._retry_company(gateway.company_id)
        return self._notice(self.env._("Paired with %s.", gateway.organization_name or gateway.organization_code))

    def _bridge_user(self):
        """Who the gateway is in Odoo: of this company, and in the group of the bridge alone."""
        if self.bridge_user_id:
            return self.bridge_user_id
        login = f"vworkspace-bridge-{self.company_id.id}"
        users = self.env["res.users"].with_context(no_reset_password=True, active_test=False)
        vals = {
            "active": True,
            "company_id": self.company_id.id,
            "company_ids": [(6, 0, self.company_id.ids)],
            GROUPS: [(6, 0, self.env.ref("vworkspace.group_vworkspace_bridge").ids)],
        }
        # One that is there is of an earlier installation of this addon.
        user = users.search([("login", "=", login)])
        if user:
            user.write(vals)
            return user
        return users.create({**vals, "name": f"vworkspace ({self.company_id.name})", "login": login})

    @api.model
    def _new_bridge_key(self, user):
        keys = self.env["res.users.apikeys"]
        keys.sudo().search([("user_id", "=", user.id)]).unlink()
        ends = fields.Datetime.now() + timedelta(days=KEY_DAYS - 1)
        return keys.with_user(user)._generate("rpc", "vworkspace gateway", ends), ends

    def action_disable(self):
        """Stops sending; reports of the gateway are refused too."""
        self._require_administrator()
        self.filtered(lambda gateway: gateway.state == "paired").sudo()._keep({"state": "disabled"})
        return True

    def action_enable(self):
        """Sends again what has waited."""
        self._require_administrator()
        switched = self.filtered(lambda gateway: gateway.state == "disabled")
        switched.sudo()._keep({"state": "paired"})
        for gateway in switched:
            self.env["vworkspace.comparison"]._request(gateway.company_id, "manual")
            self.env["vworkspace.outbox"]._retry_company(gateway.company_id)
        return True

    def action_unpair(self):
        """Forgets the pairing: nothing is sent, and the gateway's key of this Odoo ends. What runs goes on."""
        self._require_administrator()
        self.sudo()._forget(api_key_sealed=False)
        return True

    def _forget(self, **vals):
        keys = self.env["res.users.apikeys"].search([("user_id", "in", self.bridge_user_id.ids)])
        keys.unlink()
        self._keep(
            {
                **vals,
                "state": "new",
                "epoch": False,
                "known_sequence": "0",
                "paired_base_url": False,
                "paired_database_uuid": False,
                "bridge_key_expires_at": False,
            }
        )

    def action_resume_sending(self):
        """Says that the new address is of the same Odoo."""
        self.ensure_one()
        self._require_administrator()
        self.sudo()._keep({"paired_base_url": self._odoo_address()})
        self.env["vworkspace.outbox"]._retry_company(self.company_id)
        return True

    def action_compare_now(self):
        """Compares Odoo and the gateway, and heals what differs."""
        self.ensure_one()
        self._require_administrator()
        self.env["vworkspace.comparison"]._request(self.company_id, "manual")
        return self._notice(self.env._("The comparison begins in a moment; its report will be under Comparisons."))

    def action_view_outbox(self):
        self.ensure_one()
        return self._list_of("vworkspace.outbox", self.env._("Changes to send"))

    def action_view_parked(self):
        self.ensure_one()
        return self._list_of("vworkspace.parked.update", self.env._("Reports that could not be applied"))

    def _list_of(self, model, name):
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": [("company_id", "=", self.company_id.id)],
        }

    @api.model
    def _notice(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": {"type": "ir.actions.act_window_close"}},
        }

    # Once a day

    @api.model
    def _warn_of_ends(self):
        """Tells the administrators of keys that end soon, once."""
        end = fields.Datetime.now() + timedelta(days=WARN_DAYS)
        for gateway in self.search([("state", "=", "paired"), ("bridge_key_expires_at", "<=", end)]):
            if not gateway.activity_ids:
                gateway._warn_administrators()

    def _warn_administrators(self):
        ends = fields.Date.to_string(self.bridge_key_expires_at)
        note = self.env._("The gateway's key of this Odoo ends on %s: pair again with a new code.", ends)
        for user in self._members("vworkspace.group_vworkspace_administrator"):
            self.activity_schedule("mail.mail_activity_data_todo", note=note, user_id=user.id)
        notifier = self.env.get("vworkspace.notifier")
        if notifier is not None:
            notifier._on_connection_problem(self, note)

    def _members(self, group):
        """Users of a group who work in the gateway's company."""
        return self.env["res.users"].search(
            [(ALL_GROUPS, "in", self.env.ref(group).ids), ("company_ids", "in", self.company_id.ids)]
        )
