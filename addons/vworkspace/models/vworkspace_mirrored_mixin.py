import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError

# Fields that only the gateway's word may change, of every mirrored model.
MIRRORED = frozenset(
    {"external_ref", "gateway_key", "gateway_epoch", "gateway_sequence", "mirrored_at"}
)


class VworkspaceMirroredMixin(models.AbstractModel):
    """A record that the gateway has too.

    What a person wants and what a cluster reports stand in one record. The second kind of field is the
    truth: it is written by :meth:`_apply_observed` alone, which no remote call reaches and no context key stands for.
    """

    _name = "vworkspace.mirrored.mixin"
    _description = "vworkspace: record that the gateway has too"

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
        index=True,
    )
    gateway_key = fields.Char(
        help="The record's own id in the gateway; empty until the gateway has it.",
        readonly=True,
        copy=False,
        index=True,
    )
    gateway_epoch = fields.Char(readonly=True, copy=False)
    gateway_sequence = fields.Char(readonly=True, copy=False)
    mirrored_at = fields.Datetime(
        string="Last reported",
        help="When the gateway last reported this record.",
        readonly=True,
        copy=False,
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
            touched = sorted(name for name in observed.intersection(vals))
            if touched:
                raise AccessError(
                    self.env._(
                        "%(fields)s of %(model)s can't be written: only the gateway reports them.",
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
                    "The company of %(model)s can't be changed: make another record in the other company.",
                    model=self._description,
                )
            )

    @api.model
    def _create_observed(self, vals):
        """Makes a record on the gateway's word; past :meth:`create` of this class, so with observed fields."""
        return super().create([{**self._observed_blank(), **vals}])

    def _apply_observed(self, vals):
        """Writes what was observed: the one way past :meth:`write` of this class. Unchanged values cost nothing."""
        changed = {
            name: value
            for name, value in vals.items()
            if any(self._differs(record, name, value) for record in self)
        }
        return super().write(changed) if changed else True

    @api.model
    def _differs(self, record, name, value):
        field = record._fields[name]
        return field.convert_to_cache(record[name], record) != field.convert_to_cache(value, record)

    @api.model
    def _json_text(self, value, empty):
        """JSON text in one spelling, from text or a value; ``empty`` where there is none."""
        if value in (None, False, ""):
            return empty
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
