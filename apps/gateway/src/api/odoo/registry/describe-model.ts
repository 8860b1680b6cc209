import type { RpcStruct } from "@vworkspace/odoo-rpc";
import { describeFields } from "./describe-fields";
import type { ModelMethod } from "./model-method";
import type { OdooModel } from "./odoo-model";

/**
 * What `/doc-bearer` answers: the model's fields, and the methods that a caller may use, each with the names of its
 * arguments in order. `ids` is never among them; `api` holds `model` exactly where a method takes none.
 */
export function describeModel(
  {
    model,
    methods,
  }: {
    readonly model: OdooModel;
    readonly methods: Readonly<Record<string, ModelMethod>>;
  },
  isPermitted: (method: string) => boolean,
): RpcStruct {
  const permitted = Object.entries(methods).filter(([name]) =>
    isPermitted(name),
  );
  return {
    model: model.name,
    name: model.label,
    doc: "",
    fields: describeFields(model, undefined, undefined),
    methods: Object.fromEntries(
      permitted.map(([name, { parameters, takesIds }]) => [
        name,
        {
          parameters: Object.fromEntries(parameters.map((one) => [one, {}])),
          api: takesIds ? [] : ["model"],
        },
      ]),
    ),
  };
}
