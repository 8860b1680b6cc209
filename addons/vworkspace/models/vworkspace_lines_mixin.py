import json

from odoo import api, models
from odoo.exceptions import ValidationError


class VworkspaceLinesMixin(models.AbstractModel):
    """Fields that hold JSON: checked when they are written, and lists of texts also as lines for people."""

    _name = "vworkspace.lines.mixin"
    _description = "vworkspace: fields of JSON, and lists as lines"

    @api.model
    def _line_fields(self):
        """Names of the fields with a line for each item; <name>_json holds the list."""
        return ()

    @api.model
    def _json_fields(self):
        """Names of the other fields that hold JSON, with the type that it has to be of."""
        return {}

    def _compute_lines(self):
        for record in self:
            for name in self._line_fields():
                items = json.loads(record[f"{name}_json"] or "[]")
                record[name] = "\n".join(str(item) for item in items)

    def _inverse_lines(self):
        for record in self:
            vals = {}
            for name in self._line_fields():
                lines = [line.strip() for line in (record[name] or "").splitlines()]
                vals[f"{name}_json"] = json.dumps([line for line in lines if line], ensure_ascii=False)
            record.write(vals)

    def _check_json(self):
        kinds = {**{f"{name}_json": list for name in self._line_fields()}, **self._json_fields()}
        for record in self:
            for name, kind in kinds.items():
                record._check_json_field(name, kind)

    def _check_json_field(self, name, kind):
        text = self[name]
        if not text:
            return
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ValidationError(
                self.env._("%(field)s is no JSON (%(error)s).", field=self._fields[name].string, error=error)
            ) from error
        if not isinstance(value, kind):
            raise ValidationError(
                self.env._(
                    "%(field)s has to be a JSON %(kind)s, for example %(example)s.",
                    field=self._fields[name].string,
                    kind="object" if kind is dict else "list",
                    example="{}" if kind is dict else "[]",
                )
            )
