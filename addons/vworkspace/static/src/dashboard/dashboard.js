import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** Counts with links: one call, and each number leads to its records. */
export class Dashboard extends Component {
  static template = "vworkspace.Dashboard";
  static components = { Layout };
  static props = { ...standardActionServiceProps };

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.display = { controlPanel: {} };
    this.state = useState({ groups: [], isConnected: true });
    onWillStart(() => this.load());
  }

  async load() {
    const found = await this.orm.call("vworkspace.dashboard", "get_tiles", []);
    this.state.groups = found.groups;
    this.state.isConnected = found.is_connected;
  }

  open(tile) {
    return this.action.doAction(tile.action, {
      additionalContext: { [`search_default_${tile.filter}`]: 1 },
    });
  }
}

registry.category("actions").add("vworkspace_dashboard", Dashboard);
