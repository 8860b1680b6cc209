import { WarningDialog } from "@web/core/errors/error_dialogs";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

// What the gateway answers is a sentence for people. Odoo chooses a dialog by the name of an exception's own class: of
// one that it doesn't know it says that something went wrong.
class GatewayDialog extends WarningDialog {
  inferTitle() {
    return _t("The gateway");
  }
}

for (const name of [
  "GatewayError",
  "GatewayUnreachable",
  "GatewayDenied",
  "GatewayRefused",
])
  registry
    .category("error_dialogs")
    .add(`odoo.addons.vworkspace.gateway_errors.${name}`, GatewayDialog);
