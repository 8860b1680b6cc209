import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { ValuesFields } from "./values_fields";
import {
  fieldsOf,
  jsonProblem,
  missingOf,
  parseSchema,
  parseValues,
  withValue,
  writeValues,
} from "./values_schema";

/**
 * A text field that holds JSON, as a form that follows the JSON Schema in another field (option `schema_field`). Without
 * a schema, or where somebody asks for it, it is the text itself; the text is only rewritten when an input changes.
 */
export class ValuesForm extends Component {
  static template = "vworkspace.ValuesForm";
  static components = { ValuesFields };
  static props = {
    ...standardFieldProps,
    schemaField: { type: String, optional: true },
  };

  setup() {
    this.state = useState({ wantsText: false });
  }

  get text() {
    return this.props.record.data[this.props.name] || "";
  }

  get schema() {
    const { schemaField, record } = this.props;
    return schemaField ? parseSchema(record.data[schemaField]) : undefined;
  }

  get values() {
    return parseValues(this.text);
  }

  get canBeForm() {
    return this.schema !== undefined && this.values !== undefined;
  }

  get isForm() {
    return this.canBeForm && !this.state.wantsText;
  }

  get fields() {
    return fieldsOf(this.schema, this.values);
  }

  get missing() {
    return missingOf(this.fields);
  }

  get missingText() {
    return _t("Still needed: %s", this.missing.join(", "));
  }

  get textProblem() {
    const problem = jsonProblem(this.text);
    return problem === "object"
      ? _t("Give a JSON object, for example {}.")
      : problem;
  }

  toggle() {
    this.state.wantsText = !this.state.wantsText;
  }

  onValue(path, value) {
    return this.onTextChange(writeValues(withValue(this.values, path, value)));
  }

  onTextChange(text) {
    return this.props.record.update({ [this.props.name]: text });
  }

  onProblem() {
    return this.props.record.setInvalidField(this.props.name);
  }
}

export const valuesForm = {
  component: ValuesForm,
  displayName: _t("Values by JSON Schema"),
  supportedTypes: ["text"],
  supportedOptions: [
    {
      label: _t("Field with the JSON Schema"),
      name: "schema_field",
      type: "string",
    },
  ],
  extractProps: ({ options }) => ({ schemaField: options.schema_field }),
};

registry.category("fields").add("vworkspace_values", valuesForm);
