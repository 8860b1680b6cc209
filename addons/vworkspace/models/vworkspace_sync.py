import json
import logging

import psycopg2
import psycopg2.errorcodes

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.release import series, version

_logger = logging.getLogger(__name__)

MAX_ITEMS = 100
# One batch in flight in this database; any number that nobody else uses.
LOCK = 0x7677_0001
# In the order in which they refer to each other, which is also the order of locks.
MODELS = (
    "vworkspace.cluster",
    "vworkspace.catalog.entry",
    "vworkspace.policy",
    "vworkspace.application.instance",
    "vworkspace.operation",
    "vworkspace.job",
)
# Odoo repeats the whole call for these: they say nothing about the report.
PASSING = (
    psycopg2.errorcodes.LOCK_NOT_AVAILABLE,
    psycopg2.errorcodes.SERIALIZATION_FAILURE,
    psycopg2.errorcodes.DEADLOCK_DETECTED,
)


class VworkspaceSync(models.AbstractModel):
    """What the gateway calls. Nobody else may: everything here runs as the system once the caller is known."""

    _name = "vworkspace.sync"
    _description = "vworkspace: reports of the gateway"

    @api.model
    def ping(self):
        """Says which database this is."""
        gateway = self._gateway_of_caller()
        return {"database_uuid": gateway._database_uuid(), "version": version, "series": series}

    @api.model
    def apply_updates(self, batch):
        """Applies reports of the gateway, each on its own: one that fails is parked and shown.

        :param batch: ``{epoch, organization, items: [{model, key, external_ref, sequence, values, deleted}]}``
        :return: ``{results: [{key, status, error}], known_sequence}``
        """
        gateway = self._gateway_of_caller()
        items = self._checked_items(batch)
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        work = (
            self.sudo()
            .with_company(gateway.company_id)
            .with_context(active_test=False, mail_create_nosubscribe=True, mail_create_nolog=True)
        )
        if batch.get("organization") != gateway.organization_code:
            error = self.env._("This Odoo is paired with organization %s.", gateway.organization_code)
            results = [{"key": item["key"], "status": "refused", "error": error} for item in items]
            return {"results": results, "known_sequence": gateway.known_sequence or "0"}
        work._follow_epoch(gateway, batch["epoch"])
        if not items:
            # Its greeting, after a pause: what waits for it may be sent.
            work.env["vworkspace.outbox"]._retry_company(gateway.company_id)
        results = work._apply_items(gateway, items)
        highest = max([int(gateway.known_sequence or 0), *(int(item["sequence"]) for item in items)])
        gateway._keep({"known_sequence": str(highest), "last_contact_at": fields.Datetime.now()})
        return {"results": results, "known_sequence": str(highest)}

    @api.model
    def _gateway_of_caller(self):
        """The gateway whose user calls; first of all he has to be in the bridge's group."""
        if not self.env.user.has_group("vworkspace.group_vworkspace_bridge"):
            raise AccessError(self.env._("Only the gateway's own user may report to Odoo."))
        gateway = self.env["vworkspace.gateway"].sudo().search([("bridge_user_id", "=", self.env.uid)], limit=1)
        if not gateway or gateway.state != "paired":
            raise AccessError(self.env._("This user is of no gateway that is paired: pair it again."))
        return gateway

    @api.model
    def _checked_items(self, batch):
        if not isinstance(batch, dict) or not isinstance(batch.get("items"), list) or not batch.get("epoch"):
            raise ValidationError(self.env._("batch has to be {epoch, organization, items}."))
        items = batch["items"]
        if len(items) > MAX_ITEMS:
            raise ValidationError(self.env._("batch has %s items: at most 100 are taken.", len(items)))
        for item in items:
            fine = (
                isinstance(item, dict)
                and isinstance(item.get("key"), str)
                and item.get("model") in MODELS
                and str(item.get("sequence")).isdigit()
                and isinstance(item.get("values", {}), dict)
            )
            if not fine:
                raise ValidationError(
                    self.env._("An item has to be {model, key, sequence, values} of a model that Odoo mirrors.")
                )
        return items

    @api.model
    def _follow_epoch(self, gateway, epoch):
        """Sequences count within an epoch: of another one the older are forgotten, and everything is compared."""
        if gateway.epoch == epoch:
            return
        gateway._keep({"epoch": epoch, "known_sequence": "0"})
        self.env["vworkspace.comparison"]._request(gateway.company_id, "epoch")

    @api.model
    def _apply_items(self, gateway, items):
        found = self._records_of(gateway, items)
        parked = self._parked_of(gateway, items)
        results, touched, transitions = {}, {}, []
        for item in sorted(items, key=lambda item: (MODELS.index(item["model"]), int(item["sequence"]))):
            record = found.get((item["model"], item["key"]))
            before = record and "state" in record._fields and record.state
            status, error, record = self._apply_one(gateway, item, record)
            results[(item["model"], item["key"])] = {"key": item["key"], "status": status, "error": error or False}
            if status == "parked":
                self._park(gateway, item, error)
            elif status == "applied":
                parked.filtered(lambda row, item=item: (row.model, row.key) == (item["model"], item["key"])).unlink()
            if status == "applied" and record and record.exists():
                found[(item["model"], item["key"])] = record
                touched.setdefault(item["model"], []).append(record.id)
                if "state" in record._fields and record.state != before:
                    transitions.append((record, before or False, record.state))
        self._tell(touched, transitions)
        return [results[(item["model"], item["key"])] for item in items]

    @api.model
    def _records_of(self, gateway, items):
        """(model, key) to the record that Odoo has for it; also one of another company, which is refused later."""
        found = {}
        for model in {item["model"] for item in items}:
            ours = [item for item in items if item["model"] == model]
            refs = {item["external_ref"]: item["key"] for item in ours if item.get("external_ref")}
            records = self.env[model].search(
                ["|", ("gateway_key", "in", [item["key"] for item in ours]), ("external_ref", "in", list(refs))],
                order="id",
            )
            for record in records:
                own = record.company_id == gateway.company_id
                key = refs.get(record.external_ref) or (own and record.gateway_key)
                if key:
                    found[(model, key)] = record
        return found

    @api.model
    def _parked_of(self, gateway, items):
        keys = [item["key"] for item in items]
        return self.env["vworkspace.parked.update"].search(
            [("company_id", "=", gateway.company_id.id), ("key", "in", keys)]
        )

    @api.model
    def _apply_one(self, gateway, item, record):
        """Status, error, and the record."""
        if record and record.company_id != gateway.company_id:
            return "refused", self.env._("The record is of another company."), None
        if record and self._is_stale(gateway, item, record):
            return "stale", False, record
        try:
            with self.env.cr.savepoint():
                return self._apply_checked(gateway, item, record)
        except psycopg2.OperationalError as error:
            if error.pgcode in PASSING:
                raise
            return "parked", str(error), record
        except Exception as error:  # pylint: disable=broad-except
            if not isinstance(error, UserError | LookupError):
                _logger.warning("A report on %s %s can't be applied", item["model"], item["key"], exc_info=True)
            return "parked", str(error)[:2000], record

    @api.model
    def _is_stale(self, gateway, item, record):
        known = record.gateway_sequence if record.gateway_epoch == gateway.epoch else False
        return bool(known) and int(known) >= int(item["sequence"])

    @api.model
    def _apply_checked(self, gateway, item, record):
        model = self.env[item["model"]]
        if item.get("deleted"):
            if record:
                record._take_deletion()
            return ("applied" if record else "ignored"), False, record
        related = self._resolver(gateway)
        record = record or model._same_in_odoo(gateway, item, related)
        if not record and not model._is_made_by_report(item):
            return "ignored", False, record
        if not record and item["model"] == "vworkspace.operation" and not self._is_of_ours(gateway, item):
            return "ignored", False, record
        vals = {
            **model._values_of_report(item["values"], related),
            "gateway_key": item["key"],
            "gateway_epoch": gateway.epoch,
            "gateway_sequence": str(item["sequence"]),
            "mirrored_at": fields.Datetime.now(),
        }
        if record:
            record._take_report(item, vals)
        else:
            record = model._make_of_report(item, {**vals, "company_id": gateway.company_id.id})
        self.env.flush_all()
        return "applied", False, record

    @api.model
    def _is_of_ours(self, gateway, item):
        """Whether the application that an operation is of is in Odoo."""
        return bool(self._find(gateway, "vworkspace.application.instance", item["values"].get("instance_key"))) or bool(
            self._find(gateway, "vworkspace.application.instance", item["values"].get("instance_ref"), "external_ref")
        )

    @api.model
    def _find(self, gateway, model, value, by="gateway_key"):
        if not value:
            return self.env[model]
        return self.env[model].search([(by, "=", value), ("company_id", "=", gateway.company_id.id)], limit=1)

    @api.model
    def _resolver(self, gateway):
        """Gives the gateway's company's record by key, for values that refer to others."""

        def related(model, value, by="gateway_key"):
            found = self._find(gateway, model, value, by)
            if value and not found:
                raise LookupError(
                    self.env._(
                        "It refers to %(model)s %(value)s, which Odoo doesn't have.",
                        model=self.env[model]._description,
                        value=value,
                    )
                )
            return found

        return related

    @api.model
    def _park(self, gateway, item, error):
        vals = {
            "external_ref": item.get("external_ref") or False,
            "sequence": str(item["sequence"]),
            "reason": error,
            "values_json": json.dumps(item.get("values") or {}, ensure_ascii=False),
        }
        parked = self.env["vworkspace.parked.update"]
        ours = {"company_id": gateway.company_id.id, "model": item["model"], "key": item["key"]}
        known = parked.search([(name, "=", value) for name, value in ours.items()])
        if known:
            known.write(vals)
        else:
            parked.create({**vals, **ours})

    @api.model
    def _tell(self, touched, transitions):
        """Open forms load again, and the company's channel hears of it."""
        for model, ids in touched.items():
            self.env[model].browse(ids)._tell_open_forms()
        notifier = self.env.get("vworkspace.notifier")
        if transitions and notifier is not None:
            notifier._on_transitions(transitions)
