import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

function rowsOf(text) {
  try {
    const rows = JSON.parse(text || "[]");
    return Array.isArray(rows)
      ? rows.filter((row) => typeof row === "object" && row !== null)
      : [];
  } catch {
    return [];
  }
}

/** What a cluster says of an object, as a table. All of it is text from the cluster: nothing of it becomes HTML. */
export class Conditions extends Component {
  static template = "vworkspace.Conditions";
  static props = { ...standardFieldProps };

  get rows() {
    return rowsOf(this.props.record.data[this.props.name]);
  }

  statusClass({ status }) {
    const classes = { True: "text-bg-success", False: "text-bg-danger" };
    return classes[status] ?? "text-bg-secondary";
  }
}

/** Addresses of an application. Only http and https become links. */
export class Endpoints extends Component {
  static template = "vworkspace.Endpoints";
  static props = { ...standardFieldProps };

  get rows() {
    return rowsOf(this.props.record.data[this.props.name]);
  }

  href({ url }) {
    return typeof url === "string" && /^https?:\/\//i.test(url)
      ? url
      : undefined;
  }
}

registry.category("fields").add("vworkspace_conditions", {
  component: Conditions,
  displayName: _t("Conditions"),
  supportedTypes: ["text"],
});
registry.category("fields").add("vworkspace_endpoints", {
  component: Endpoints,
  displayName: _t("Endpoints"),
  supportedTypes: ["text"],
});
