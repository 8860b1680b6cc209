import type { ModelField } from "../../apps/gateway/src/api/odoo/registry/model-field";
import type { OdooModel } from "../../apps/gateway/src/api/odoo/registry/odoo-model";
import { mapped, ref, type Schema } from "./document";

const MAX_INTEGER = 2 ** 31 - 1;
const MOMENT = "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$";

const integer: Schema = { type: "integer", maximum: MAX_INTEGER };
const id: Schema = { type: "integer", minimum: 1, maximum: MAX_INTEGER };

/** What every model's calls have in common. */
export const COMMON_SCHEMAS: Readonly<Record<string, Schema>> = {
  Ids: {
    description: "Records by their ids, or one of them.",
    oneOf: [{ type: "array", items: id }, id],
  },
  Domain: {
    description:
      'A condition in Polish notation: `[["name", "ilike", "shop"]]`, with `&`, `|` and `!` before what they join. Empty: all records.',
    type: "array",
    items: {
      anyOf: [
        { enum: ["&", "|", "!"] },
        { type: "array", minItems: 3, maxItems: 3 },
      ],
    },
  },
  Context: {
    description: "Odoo's context; what isn't here is taken and means nothing.",
    type: "object",
    properties: {
      lang: described(
        "A language; texts are English whatever it says.",
        "string",
      ),
      tz: described(
        "Time zone whose days and months read_group counts by; else UTC. Every moment is given in UTC.",
        "string",
      ),
      active_test: described(
        "false: searches find also what isn't active.",
        "boolean",
      ),
      allowed_company_ids: {
        description:
          "Taken for Odoo's sake; the key says whose records they are.",
        type: "array",
        items: integer,
      },
      request_id: ref("RequestId"),
      on_behalf_of: ref("OnBehalfOf"),
    },
  },
  RequestId: described(
    "A repeat of a change with the same id gets the first answer again and changes nothing.",
    "string",
  ),
  OnBehalfOf: {
    description:
      "For keys of the role bridge: whom an Odoo says that it asks for.",
    type: "object",
    required: ["odoo_uid", "login"],
    properties: {
      odoo_uid: described("His id in that Odoo.", "integer"),
      login: { ...described("His login there.", "string"), maxLength: 128 },
    },
  },
  Error: {
    description: "What Odoo's clients read of an error.",
    type: "object",
    required: ["name", "message", "arguments", "context", "debug"],
    properties: {
      name: described(
        "Python's name of the exception that Odoo would raise.",
        "string",
      ),
      message: described(
        "One sentence that names field, value and remedy.",
        "string",
      ),
      arguments: {
        description: "The message once more.",
        type: "array",
        items: { type: "string" },
      },
      context: described("Always empty.", "object"),
      debug: described("Name and message; never a traceback.", "string"),
    },
  },
};

export function described(description: string, type: string): Schema {
  return { description, type };
}

/** `[id, name]` of a record, as a many2one reads. */
export const NAMED_ID: Schema = {
  type: "array",
  prefixItems: [id, { type: "string" }],
  minItems: 2,
  maxItems: 2,
};

/** A record as it is read; only the fields that were asked for are there, and `id`. */
export function recordSchema(model: OdooModel): Schema {
  return {
    description: `${model.label}, as it is read: the fields that were asked for, and \`id\`.`,
    type: "object",
    required: ["id"],
    properties: propertiesOf(model.fields, (field) => readType(field)),
  };
}

/** What a create or a write gives. */
export function valuesSchema(model: OdooModel, isCreate: boolean): Schema {
  const fields = model.fields.filter(
    ({ writable }) =>
      writable === "always" || (isCreate && writable === "on create"),
  );
  const required = fields.filter(({ isRequired }) => isRequired);
  return {
    description: isCreate
      ? `Values of a new record: ${model.label}.`
      : `Values to change: ${model.label}.`,
    type: "object",
    additionalProperties: false,
    ...(isCreate && { required: required.map(({ name }) => name) }),
    properties: propertiesOf(fields, (field) => writtenType(field)),
  };
}

function propertiesOf(
  fields: readonly ModelField[],
  typeOf: (field: ModelField) => Schema,
): Readonly<Record<string, Schema>> {
  const byName = Object.fromEntries(fields.map((field) => [field.name, field]));
  return mapped(byName, (field) => ({
    description: field.help ?? `${field.label}.`,
    ...typeOf(field),
  }));
}

function readType(field: ModelField): Schema {
  if (field.isAlwaysSet === true || field.type === "boolean")
    return valueType(field);
  if (field.type === "many2one")
    return { anyOf: [NAMED_ID, id, { const: false }] };
  return { anyOf: [valueType(field), { const: false }] };
}

function writtenType(field: ModelField): Schema {
  const type = field.type === "many2one" ? id : valueType(field);
  const mayBeUnset =
    field.isNullable === true || ["char", "text"].includes(field.type);
  return mayBeUnset && field.isRequired !== true
    ? { anyOf: [type, { const: false }] }
    : type;
}

function valueType(field: ModelField): Schema {
  switch (field.type) {
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return integer;
    case "datetime":
      return { type: "string", pattern: MOMENT };
    case "selection":
      return { enum: (field.selection ?? []).map(([value]) => value) };
    case "json":
      return jsonType(field);
    default:
      return { type: "string" };
  }
}

function jsonType({ shape }: ModelField): Schema {
  switch (shape) {
    case "texts":
      return { type: "array", items: { type: "string" } };
    case "list":
      return { type: "array" };
    case "struct of texts":
      return { type: "object", additionalProperties: { type: "string" } };
    default:
      return { type: "object" };
  }
}
