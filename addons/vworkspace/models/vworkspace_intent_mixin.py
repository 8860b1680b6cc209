from odoo import api, fields, models
from odoo.exceptions import UserError

from .vworkspace_mirrored_mixin import MIRRORED

INTENT_MARKS = frozenset({"intent_version", "confirmed_version", "raised_version", "has_gateway_ref"})


class VworkspaceIntentMixin(models.AbstractModel):
    """A mirrored record that people change in Odoo, and that the outbox takes to the gateway."""

    _name = "vworkspace.intent.mixin"
    _inherit = "vworkspace.mirrored.mixin"
    _description = "vworkspace: record that Odoo decides on"

    intent_version = fields.Integer(
        help="Grows with each change in Odoo; the gateway keeps the highest that it has seen.",
        readonly=True,
        copy=False,
    )
    confirmed_version = fields.Integer(
        help="The version of which the gateway has reported the very content that Odoo has.",
        readonly=True,
        copy=False,
    )
    raised_version = fields.Integer(
        help="The version under which Odoo's content was last sent again over other content of the gateway.",
        readonly=True,
        copy=False,
    )
    has_gateway_ref = fields.Boolean(
        string="Known to the gateway by its reference",
        readonly=True,
        copy=False,
    )
    sync_state = fields.Selection(
        [
            ("idle", "Up to date"),
            ("waiting", "Waiting to be sent"),
            ("retrying", "Failed, is tried again"),
            ("refused", "Refused by the gateway"),
        ],
        string="Sending",
        compute="_compute_sync",
        search="_search_sync_state",
    )
    sync_error = fields.Text(string="Gateway's answer", compute="_compute_sync")
    sync_next_try = fields.Datetime(string="Next try", compute="_compute_sync")

    def _compute_sync(self):
        newest = self.env["vworkspace.outbox"]._newest_open(self.mapped("external_ref"))
        for record in self:
            row = newest.get(record.external_ref)
            record.sync_state = row._sync_state() if row else "idle"
            record.sync_error = row.last_error if row else False
            record.sync_next_try = row.next_try if row else False

    @api.model
    def _search_sync_state(self, operator, value):
        if operator not in ("in", "="):
            return NotImplemented
        wanted = set(value if operator == "in" else [value])
        refs_of = self.env["vworkspace.outbox"]._refs_by_sync_state(self._name)
        found = [ref for state in wanted for ref in refs_of.get(state, ())]
        domain = [("external_ref", "in", found)]
        if "idle" in wanted:
            every = [ref for refs in refs_of.values() for ref in refs]
            domain = ["|", ("external_ref", "not in", every)] + domain
        return domain

    @api.model
    def _observed_fields(self):
        return MIRRORED | INTENT_MARKS

    @api.model
    def _observed_blank(self):
        return {**super()._observed_blank(), "intent_version": 0, "confirmed_version": 0, "raised_version": 0}

    @api.model
    def _intent_fields(self):
        """Names of the fields whose change is sent to the gateway."""
        raise NotImplementedError

    def _is_deployed(self):
        """Whether the gateway is to have this record: a draft is Odoo's alone."""
        self.ensure_one()
        return True

    def _is_to_go(self):
        """Whether a person has said that this record is to go: from then on only its tombstone is sent."""
        self.ensure_one()
        return False

    def _refs_needed(self):
        """References of the records that the gateway has to have before this one."""
        return []

    def _subject(self):
        """What people call this record."""
        self.ensure_one()
        return f"{self._description} {self.display_name}"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.filtered(lambda record: record._is_deployed())._send_change()
        return records

    def write(self, vals):
        sent = self._intent_fields().intersection(vals)
        deployed = self.filtered(lambda record: record._is_deployed()) if sent else self.browse()
        before = {record.id: record._intent_content() for record in deployed}
        result = super().write(vals)
        deployed.filtered(lambda record: record._intent_content() != before[record.id])._send_change()
        return result

    def _intent_content(self):
        self.ensure_one()
        return {name: self[name] for name in self._intent_fields()}

    def _send_change(self):
        """Says that the gateway is to have the present content of these records."""
        for record in self:
            record._apply_observed({"intent_version": record.intent_version + 1})
        self.env["vworkspace.outbox"]._enqueue(self)

    def action_retry(self):
        """Sends now what waits or was refused."""
        self.check_access("write")
        self.env["vworkspace.outbox"]._retry(self.mapped("external_ref"))
        return True

    # To the gateway, by the outbox; these run as the system and write nothing

    def _deliver(self, gateway, row):
        """Takes the present content to the gateway; gives what it answers.

        :raise GatewayError: when it doesn't take it
        """
        self._adopt_there(gateway, row)
        return self._send_tombstone(gateway, row) if self._is_to_go() else self._upsert(gateway, row, row.user_id)

    def _send_tombstone(self, gateway, row):
        return self.env["vworkspace.client"]._call(
            gateway,
            (self._name, "remove"),
            {"external_ref": self.external_ref, "intent_version": self.intent_version},
            user=row.user_id,
            request_id=row.request_id,
        )

    def _upsert(self, gateway, row, user):
        [answer] = self.env["vworkspace.client"]._call(
            gateway,
            (self._name, "upsert"),
            {"vals_list": [self._intent_values()]},
            user=user,
            request_id=row.request_id,
        )
        return answer

    def _intent_values(self):
        """What is sent: everything, by the gateway's names."""
        self.ensure_one()
        return {"external_ref": self.external_ref, "intent_version": self.intent_version}

    def _gateway_domain(self):
        """Finds this record in the gateway while it doesn't know its reference."""
        raise NotImplementedError

    def _adopt_there(self, gateway, row):
        """What was made in the gateway gets this record's reference before Odoo changes it."""
        self.ensure_one()
        if self.has_gateway_ref or not self.gateway_key:
            return
        number = self._gateway_number(gateway, [("external_ref", "=", False), *self._gateway_domain()])
        if number:
            self.env["vworkspace.client"]._call(
                gateway,
                ("vworkspace.odoo.database", "adopt"),
                {"model": self._name, "id": number, "external_ref": self.external_ref},
                user=row.user_id,
            )

    def _gateway_number(self, gateway, domain=None):
        """This record's whole number in the gateway, which methods on records take there; False where it has none."""
        found = self.env["vworkspace.client"]._call(
            gateway,
            (self._name, "search"),
            {"domain": domain or [("external_ref", "=", self.external_ref)], "limit": 1},
        )
        return found[0] if found else False

    # From the gateway

    def _take_report(self, item, vals):
        """A report holds what the gateway is to do (the intent) and what is. The first is settled by versions."""
        intent = {name: vals.pop(name) for name in self._intent_fields() if name in vals}
        version = int(item["values"].get("intent_version") or 0)
        vals["has_gateway_ref"] = bool(item.get("external_ref"))
        note = self._settle_intent(intent, version, vals)
        self._apply_observed(vals)
        if note and "message_ids" in self._fields:
            self.message_post(body=note)

    def _settle_intent(self, intent, version, vals):
        """Who wins: adds to ``vals`` what Odoo takes over, or sends again. Gives a sentence for the history."""
        self.ensure_one()
        # Whatever it was to be: what is to go goes.
        if version < self.intent_version or self._is_to_go():
            return False
        differing = {name: value for name, value in intent.items() if self._differs(self, name, value)}
        # What Odoo leaves empty the gateway fills in: that is no conflict.
        filled = [name for name in differing if self._fields[name].type == "char" and not self[name]]
        if len(filled) < len(differing) and (self._has_open_change() or self._was_never_taken(version)):
            self._raise_above(version)
            return self.env._("The gateway had other content of this record; Odoo's was sent again.")
        vals.update(differing, intent_version=version, confirmed_version=version)
        if len(filled) == len(differing) or not vals["has_gateway_ref"]:
            return False
        return self.env._("Taken over from the gateway: %s.", ", ".join(sorted(differing)))

    def _was_never_taken(self, version):
        """The same version of other content, which Odoo was restored before: a person here has the last word.

        Not where the gateway had this very content once: it was changed there since, for example by an upgrade. And not
        a second time: what differs then is the gateway's own spelling of what it took.
        """
        return version == self.intent_version and version > 0 and version not in (
            self.confirmed_version,
            self.raised_version,
        )

    def _has_open_change(self):
        return bool(self.env["vworkspace.outbox"]._newest_open([self.external_ref], ("waiting",)))

    def _raise_above(self, version):
        """Sends Odoo's content again, above the gateway's version."""
        above = max(self.intent_version, version)
        self._apply_observed({"intent_version": above, "raised_version": above + 1})
        self._send_change()

    @api.model
    def _make_of_report(self, item, vals):
        version = int(item["values"].get("intent_version") or 0)
        vals.update(
            external_ref=item.get("external_ref") or self._observed_blank()["external_ref"],
            has_gateway_ref=bool(item.get("external_ref")),
            intent_version=version,
            confirmed_version=version,
        )
        return self._create_observed(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for record in self:
            if record.intent_version or record.gateway_key:
                raise UserError(
                    self.env._(
                        "%s is known to the gateway and can't be deleted here: archive it or remove it by its button.",
                        record._subject(),
                    )
                )
