import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..odoo_series import Index, UniqueIndex
from .vworkspace_catalog_entry import DNS_LABEL
from .vworkspace_mirrored_mixin import json_value

REPORTED = (
    "generation",
    "observed_generation",
    "conditions_json",
    "endpoints_json",
    "last_backup_at",
    "origin",
)
INTENT = frozenset({"name", "namespace", "cluster_id", "catalog_entry_id", "chart_version", "values_json", "suspended"})
# What is of the application's identity in the cluster.
FIXED = ("name", "namespace", "cluster_id")
MAX_VALUES_CHARACTERS = 256 * 1024
ENDED = ("draft", "deleted")


class VworkspaceApplicationInstance(models.Model):
    _name = "vworkspace.application.instance"
    _description = "vworkspace application"
    _inherit = ["vworkspace.intent.mixin", "vworkspace.thread.mixin", "mail.activity.mixin"]
    _order = "name, id"
    _mail_post_access = "read"
    _check_company_auto = True

    active = fields.Boolean(default=True, readonly=True, copy=False)
    name = fields.Char(required=True, help="Lower-case letters, digits and hyphens; the Helm release's name.")
    namespace = fields.Char(required=True, help="Of the cluster; lower-case letters, digits and hyphens.")
    cluster_id = fields.Many2one(
        "vworkspace.cluster", required=True, ondelete="restrict", index=True, check_company=True
    )
    catalog_entry_id = fields.Many2one(
        "vworkspace.catalog.entry",
        string="Application",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    # As who asks, like all that is derived here: a record of another company named in a form tells nothing.
    catalog_code = fields.Char(related="catalog_entry_id.code", related_sudo=False, string="Catalog code")
    values_schema_json = fields.Text(related="catalog_entry_id.values_schema_json", related_sudo=False)
    chart_version = fields.Char(string="Version", help="One exact version; empty: the recommended one.")
    values_json = fields.Text(
        string="Values",
        help="A JSON object; the gateway keeps it byte for byte.",
        compute="_compute_values_json",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    suspended = fields.Boolean(readonly=True, copy=False)
    is_removed = fields.Boolean(string="To be removed", readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "Requested"),
            ("deploying", "Deploying"),
            ("ready", "Ready"),
            ("degraded", "Degraded"),
            ("blocked", "Blocked"),
            ("suspended", "Suspended"),
            ("deleting", "Being removed"),
            ("deleted", "Removed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    generation = fields.Integer(help="Of what the gateway wants of the cluster.", readonly=True, copy=False)
    observed_generation = fields.Integer(help="That the cluster has reached.", readonly=True, copy=False)
    conditions_json = fields.Text(string="Conditions", readonly=True, copy=False)
    endpoints_json = fields.Text(string="Endpoints", readonly=True, copy=False)
    endpoint_url = fields.Char(string="Opens at", compute="_compute_told")
    state_message = fields.Char(string="In words", compute="_compute_told")
    last_backup_at = fields.Datetime(string="Last proven backup", readonly=True, copy=False)
    origin = fields.Char(help="Where the application was made.", readonly=True, copy=False)
    simulated = fields.Boolean(related="cluster_id.simulated", related_sudo=False)
    operation_ids = fields.One2many("vworkspace.operation", "instance_id", string="Operations")
    operation_count = fields.Integer(string="Count of operations", compute="_compute_counts")
    open_operation_count = fields.Integer(string="Open operations", compute="_compute_counts")

    _place_unique = UniqueIndex(
        "(cluster_id, namespace, name) WHERE state <> 'deleted'",
        "The cluster has an application of that name in that namespace already.",
    )
    _company_state_index = Index("(company_id, state) WHERE active")

    @api.depends("catalog_entry_id")
    def _compute_values_json(self):
        for instance in self:
            instance.values_json = instance.values_json or instance.catalog_entry_id.default_values_json or "{}"

    @api.depends("conditions_json", "endpoints_json")
    def _compute_told(self):
        for instance in self:
            endpoints = json_value(instance.endpoints_json, [])
            instance.endpoint_url = next(
                (item["url"] for item in endpoints if isinstance(item, dict) and _is_web(item.get("url"))), False
            )
            instance.state_message = message_of(instance.conditions_json)

    def _compute_counts(self):
        operations = self.env["vworkspace.operation"]
        groups = operations._read_group([("instance_id", "in", self.ids)], ["instance_id", "state"], ["__count"])
        for instance in self:
            counts = {state: count for of, state, count in groups if of == instance}
            instance.operation_count = sum(counts.values())
            instance.open_operation_count = sum(
                count for state, count in counts.items() if state not in operations._ended_states()
            )

    # What people may write

    @api.model
    def _observed_fields(self):
        return super()._observed_fields() | {*REPORTED, "active", "state", "suspended", "is_removed"}

    @api.model
    def _observed_blank(self):
        return {**super()._observed_blank(), "active": True, "state": "draft"}

    @api.model
    def _intent_fields(self):
        return INTENT

    def _is_deployed(self):
        self.ensure_one()
        return self.state != "draft"

    def _is_to_go(self):
        self.ensure_one()
        return self.is_removed

    @api.constrains("name", "namespace")
    def _check_names(self):
        for instance in self:
            for name in ("name", "namespace"):
                if not DNS_LABEL.fullmatch(instance[name] or ""):
                    raise ValidationError(
                        self.env._(
                            "%(field)s is %(value)r: use lower-case letters, digits and hyphens, at most 63 "
                            "(RFC 1123).",
                            field=self._fields[name].string,
                            value=instance[name],
                        )
                    )

    @api.constrains("values_json")
    def _check_values(self):
        for instance in self:
            text = instance.values_json or ""
            if len(text) > MAX_VALUES_CHARACTERS:
                raise ValidationError(
                    self.env._("The values are larger than 256 KiB: put large values into a Secret of the namespace.")
                )
            try:
                values = json.loads(text)
            except ValueError as error:
                raise ValidationError(self.env._("The values are no JSON (%s): correct them.", error)) from error
            if not isinstance(values, dict):
                raise ValidationError(self.env._("The values have to be a JSON object, for example {}."))

    def write(self, vals):
        self._refuse_moving(vals)
        return super().write(vals)

    def _refuse_moving(self, vals):
        moved = [name for name in FIXED if name in vals]
        for instance in self.filtered(lambda instance: instance._is_deployed()):
            if any(instance._differs(instance, name, vals[name]) for name in moved):
                raise UserError(
                    self.env._(
                        "Name, namespace and cluster of a deployed application can't be changed: "
                        "deploy another one and remove %s.",
                        instance.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for instance in self:
            if instance.state not in ENDED:
                raise UserError(
                    self.env._("%s can't be deleted while it is deployed: use Remove, and wait for it.", instance.name)
                )

    # Buttons

    def _require_operator(self, reason):
        """Checks what every button of an operator asks for.

        :param reason: gives a sentence for a record in a state that the button isn't for
        """
        if not self.env.user.has_group("vworkspace.group_vworkspace_operator"):
            raise AccessError(self.env._("Only a vworkspace operator may do this."))
        self.check_access("write")
        for instance in self:
            problem = reason(instance)
            if problem:
                raise UserError(problem)

    def _refuse_ended(self, instance):
        if instance.state == "draft":
            return self.env._("%s isn't deployed yet: deploy it first.", instance.name)
        if instance.is_removed or instance.state in ("deleting", "deleted"):
            return self.env._("%s is being removed: deploy another one.", instance.name)
        return False

    def action_deploy(self):
        """Has the drafts deployed: from now on each change is sent to the gateway."""
        self._require_operator(
            lambda instance: instance.state != "draft" and self.env._("%s is deployed already.", instance.name)
        )
        for instance in self:
            version = instance.chart_version or instance.catalog_entry_id.recommended_version
            instance._apply_observed({"state": "requested", "chart_version": version})
        self._send_change()
        return True

    def action_delete(self):
        """Has the applications removed from their clusters. A draft is deleted at once."""
        self._require_operator(lambda instance: False)
        drafts = self.filtered(lambda instance: instance.state == "draft")
        live = (self - drafts).filtered(lambda instance: not instance.is_removed and instance.state != "deleted")
        live._apply_observed({"is_removed": True})
        live._send_change()
        drafts.unlink()
        return True

    def action_suspend(self):
        """Keeps the cluster from changing what runs."""
        self._require_operator(self._refuse_ended)
        return self._set_suspended(True)

    def action_resume(self):
        self._require_operator(self._refuse_ended)
        return self._set_suspended(False)

    def _set_suspended(self, suspended):
        changed = self.filtered(lambda instance: instance.suspended != suspended)
        changed._apply_observed({"suspended": suspended})
        changed._send_change()
        return True

    def action_rollback(self, generation=False):
        """Goes back to what was before the last change, or to what a generation was; the gateway keeps the history."""
        self.ensure_one()
        self._require_operator(self._refuse_ended)
        if self.sync_state in ("waiting", "retrying"):
            raise UserError(self.env._("A change of %s waits to be sent: wait for it, then roll back.", self.name))
        gateway = self.env["vworkspace.gateway"]._for_company(self.company_id)
        number = self._gateway_number(gateway)
        if not number:
            raise UserError(self.env._("The gateway doesn't have %s.", self.name))
        gateway._live((self._name, "action_rollback"), {"ids": [number], "generation": generation or False})
        return True

    def action_backup(self):
        """Asks for a backup by the engine that the catalog entry names first."""
        self.ensure_one()
        self._require_operator(self._refuse_ended)
        engines = self.catalog_entry_id._capable_engines("backup")
        if not engines:
            raise UserError(
                self.env._("The catalog entry %s names no engine for backups.", self.catalog_entry_id.display_name)
            )
        operation = self.env["vworkspace.operation"].create(
            {"instance_id": self.id, "company_id": self.company_id.id, "type": "Backup", "engine": engines[0]}
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": operation._name,
            "res_id": operation.id,
            "views": [[False, "form"]],
        }

    def action_view_operations(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Operations"),
            "res_model": "vworkspace.operation",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("instance_id", "=", self.id)],
            "context": {"default_instance_id": self.id},
        }

    # To the gateway

    def _refs_needed(self):
        return self.catalog_entry_id.mapped("external_ref")

    def _intent_values(self):
        values = {
            **super()._intent_values(),
            "name": self.name,
            "namespace": self.namespace,
            "cluster_id": self.cluster_id.code,
            "catalog_code": self.catalog_entry_id.code,
            "values_json": self.values_json or "{}",
            "suspended": self.suspended,
        }
        return {**values, "chart_version": self.chart_version} if self.chart_version else values

    def _gateway_domain(self):
        return [
            ("cluster_id.code", "=", self.cluster_id.code),
            ("namespace", "=", self.namespace),
            ("name", "=", self.name),
        ]

    # From the gateway

    @api.model
    def _is_made_by_report(self, item):
        # What was made elsewhere is offered for adoption; it is never Odoo's by itself.
        return False

    @api.model
    def _values_of_report(self, values, related):
        vals = self._plain_values(values, (*REPORTED, "chart_version", "values_json", "suspended", "name", "namespace"))
        if "state" in values:
            # A record that the gateway has is past what Odoo calls a draft.
            vals["state"] = "requested" if values["state"] == "draft" else values["state"]
        if "cluster_key" in values:
            vals["cluster_id"] = related("vworkspace.cluster", values["cluster_key"]).id
        if "catalog_code" in values:
            vals["catalog_entry_id"] = related("vworkspace.catalog.entry", values["catalog_code"], "code").id
        vals["active"] = vals.get("state") != "deleted"
        return vals

    def _take_absence(self):
        """The gateway answered a removal with: there is no such thing."""
        self._apply_observed({"state": "deleted", "active": False})

    def _take_deletion(self):
        self._take_absence()


def _is_web(url):
    return isinstance(url, str) and url.startswith(("http://", "https://"))


def message_of(conditions_json):
    """What a person has to know of conditions: the first that says what is wrong, else Ready's message."""
    conditions = [item for item in json_value(conditions_json, []) if isinstance(item, dict)]
    ready = next((item for item in conditions if item.get("type") == "Ready"), None)
    wrong = next((item for item in conditions if item.get("status") == "False" and item.get("message")), None)
    told = ready if ready and ready.get("message") else wrong
    return str(told["message"])[:500] if told else False
