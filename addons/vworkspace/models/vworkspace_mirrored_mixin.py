import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..odoo_series import Constraint

# Fields that only the gateway's word may change, of every mirrored model.
MIRRORED = frozenset({"external_ref", "gateway_key", "gateway_epoch", "gateway_sequence", "mirrored_at"})
# Texts that both sides keep byte for byte.
EXACT_TEXTS = frozenset({"values_json", "parameters_json"})


class VworkspaceMirroredMixin(models.AbstractModel):
    """A record that the gateway has too.

    What a person wants and what a cluster reports stand in one record. The second kind of field is the
    truth: it is written by :meth:`_apply_observed` alone, which no remote call reaches and no context key stands for.
    """

    _name = "vworkspace.mirrored.mixin"
    _description = "vworkspace: record that the gateway has too"
    _inherit = ["vworkspace.discreet.mixin"]

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    external_ref = fields.Char(
        string="External reference",
        help="The name of this record between Odoo and the gateway. It never changes.",
        readonly=True,
        copy=False,
    )
    gateway_key = fields.Char(
        help="The record's own id in the gateway; empty until the gateway has it.",
        readonly=True,
        copy=False,
    )
    gateway_epoch = fields.Char(readonly=True, copy=False)
    gateway_sequence = fields.Char(
        help="Of the newest report that was applied; it counts within its epoch.",
        readonly=True,
        copy=False,
    )
    mirrored_at = fields.Datetime(
        string="Last reported",
        help="When the gateway last reported this record.",
        readonly=True,
        copy=False,
    )

    _external_ref_unique = Constraint("unique (external_ref)", "The external reference is taken.")
    _gateway_key_unique = Constraint(
        "unique (company_id, gateway_key)", "The gateway's record is in this company already."
    )

    @api.model
    def _observed_fields(self):
        """Names of the fields that only the gateway's word may change."""
        return MIRRORED

    @api.model
    def _observed_blank(self):
        """What the observed fields of a new record hold, whatever a context or a user's defaults say."""
        blank = dict.fromkeys(self._observed_fields(), False)
        blank["external_ref"] = str(uuid.uuid4())
        return blank

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_observed(vals_list)
        return super().create([{**vals, **self._observed_blank()} for vals in vals_list])

    def write(self, vals):
        self._refuse_observed([vals])
        self._refuse_other_company(vals)
        return super().write(vals)

    def _refuse_observed(self, vals_list):
        observed = self._observed_fields()
        for vals in vals_list:
            touched = sorted(observed.intersection(vals))
            if touched:
                raise AccessError(
                    self.env._(
                        "%(fields)s of a %(model)s can't be written: only reports of the gateway and its buttons do.",
                        fields=", ".join(touched),
                        model=self._description,
                    )
                )

    def _refuse_other_company(self, vals):
        if "company_id" not in vals:
            return
        if any(record.company_id.id != vals["company_id"] for record in self):
            raise AccessError(
                self.env._(
                    "The company of a %(model)s can't be changed: make another record in the other company.",
                    model=self._description,
                )
            )

    @api.model
    def _create_observed(self, vals):
        """Makes a record with observed fields: past :meth:`create` of this class and of what inherits from it."""
        return super().create([{**self._observed_blank(), **vals}])  # pylint: disable=super-method-mismatch

    def _apply_observed(self, vals):
        """Writes observed fields: the one way past :meth:`write` of this class. What is unchanged costs nothing."""
        changed = {
            name: value
            for name, value in vals.items()
            if any(self._differs(record, name, value) for record in self)
        }
        return super().write(changed) if changed else True  # pylint: disable=super-method-mismatch

    @api.model
    def _differs(self, record, name, value):
        field = record._fields[name]
        if name.endswith("_json") and name not in EXACT_TEXTS:
            # Databases reorder keys and write numbers in their own way: what counts is what it says.
            return json_value(record[name], None) != json_value(value, None)
        return field.convert_to_cache(record[name], record) != field.convert_to_cache(value, record)

    def _tell_open_forms(self):
        """Open forms of these records load again."""
        for company in self.mapped("company_id"):
            ours = self.filtered(lambda record, company=company: record.company_id == company)
            self.env["bus.bus"]._sendone((company, "vworkspace"), "vworkspace.updated", {self._name: ours.ids})

    @api.model
    def _demo_create(self, vals):
        """For demonstration data: a record as the gateway might have reported it; nothing of it is sent."""
        return self._create_observed(vals)

    # What the gateway reports

    @api.model
    def _plain_values(self, values, names):
        """Those of ``names`` that a report holds, as they are."""
        return {name: values[name] for name in names if name in values}

    @api.model
    def _values_of_report(self, values, related):
        """The values to write for a report of the gateway.

        :param values: as reported
        :param related: gives the record of a model by its key in the gateway
        """
        raise NotImplementedError

    @api.model
    def _same_in_odoo(self, gateway, item, related):
        """The record that is the same by its natural key, though neither side knows the other's name of it."""
        return self.browse()

    @api.model
    def _is_made_by_report(self, item):
        """Whether a report of a record that Odoo doesn't have makes it."""
        return True

    def _take_report(self, item, vals):
        """Applies a report to the record that it is about."""
        self._apply_observed(vals)

    @api.model
    def _make_of_report(self, item, vals):
        return self._create_observed(vals)

    def _take_deletion(self):
        """The gateway has no such record any more."""
        if "active" in self._fields:
            self._apply_observed({"active": False})


def json_value(text, empty):
    """The value of a text that was checked when it was written."""
    try:
        return json.loads(text) if text else empty
    except ValueError:
        return empty
