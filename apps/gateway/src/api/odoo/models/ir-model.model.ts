import { boolean, char } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** The models themselves, which clients list to offer a choice. Its records are in memory (MemoryRecords). */
export function irModel(): OdooModel {
  return new OdooModel({
    name: "ir.model",
    label: "Models",
    displayField: "name",
    from: "",
    fields: [
      char("model", "Model"),
      char("name", "Model Description"),
      boolean("transient", "Transient", {
        help: "Never; clients ask for it to leave such models out.",
      }),
    ],
  });
}
