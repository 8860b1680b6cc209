import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import type { OdooModel } from "../../odoo/registry/odoo-model";

/** JSON Schema (2020-12), as far as tools need it. */
export interface JsonSchema {
  [keyword: string]: SchemaValue;
}
type SchemaValue =
  string | number | boolean | null | SchemaValue[] | JsonSchema;

export interface ObjectSchema extends JsonSchema {
  type: "object";
  properties: { [name: string]: JsonSchema };
  required: string[];
  additionalProperties: boolean;
}

/** What a client may tell its user before a call; the gateway itself goes by permissions only. */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
}

/** A call of the registry as the caller of the tool. */
export type Ask = (
  model: OdooModel,
  method: string,
  keywords: RpcStruct,
) => Promise<RpcValue>;

/** Methods of the registry as a tool for an assistant. */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly hints: ToolHints;
  /** Whoever may call it on one of the models has the tool. */
  readonly method: string;
  readonly models: readonly OdooModel[];
  /** @param models those on which the caller may call the method */
  readonly input: (models: readonly OdooModel[]) => ObjectSchema;
  readonly output: ObjectSchema;
  /** @throws DomainError with a sentence for the assistant */
  readonly run: (ask: Ask, args: RpcStruct) => Promise<RpcStruct>;
}

/** @param optional names of properties that needn't be there */
export function objectSchema(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): ObjectSchema {
  return {
    type: "object",
    properties: { ...properties },
    required: Object.keys(properties).filter(
      (name) => !optional.includes(name),
    ),
    additionalProperties: false,
  };
}
