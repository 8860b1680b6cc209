import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { parseInput, shownDefault } from "./values_schema";

/** The inputs of one object of the values; objects in it are shown by the same component. */
export class ValuesFields extends Component {
  static template = "vworkspace.ValuesFields";
  static props = {
    fields: Array,
    readonly: Boolean,
    onChange: Function,
    onProblem: Function,
  };

  setup() {
    this.state = useState({ problems: {} });
  }

  /** Where a value isn't set, the input shows what the chart's default is. */
  placeholder(field) {
    return shownDefault(field);
  }

  isChecked(field) {
    return field.value ?? field.default ?? false;
  }

  onText(field, text) {
    const { value, problem } = parseInput(field, text);
    if (problem !== undefined) {
      this.state.problems[field.id] = this.problemText(problem);
      this.props.onProblem();
      return;
    }
    delete this.state.problems[field.id];
    this.props.onChange(field.path, value);
  }

  onChoice(field, index) {
    this.props.onChange(
      field.path,
      index === "" ? undefined : field.choices[Number(index)].value,
    );
  }

  problemText(kind) {
    const texts = {
      integer: _t("Give a whole number."),
      number: _t("Give a number."),
      json: _t("This is not JSON."),
    };
    return texts[kind];
  }
}
ValuesFields.components = { ValuesFields };
