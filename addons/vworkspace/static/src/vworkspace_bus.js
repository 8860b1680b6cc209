import { onWillDestroy } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";

const UPDATED = "vworkspace.updated";

/** An open form of a record that the gateway has reported loads again, unless somebody is changing it. */
patch(FormController.prototype, {
  setup() {
    super.setup();
    if (!this.props.resModel.startsWith("vworkspace.")) {
      return;
    }
    const bus = useService("bus_service");
    const reload = async (updated) => {
      const root = this.model.root;
      const isShown = (updated[root.resModel] || []).includes(root.resId);
      if (isShown && !(await root.isDirty())) {
        await root.load();
      }
    };
    bus.subscribe(UPDATED, reload);
    onWillDestroy(() => bus.unsubscribe(UPDATED, reload));
  },
});
