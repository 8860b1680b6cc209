import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

// The server checks everything again: a command is only a way to call the method, as the user who types it.
registry.category("discuss.channel_commands").add("vworkspace", {
  help: _t("Applications: status APP, backup APP, approve OP, help"),
  methodName: "execute_command_vworkspace",
});
