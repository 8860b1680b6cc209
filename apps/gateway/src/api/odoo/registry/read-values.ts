import { MAX_JSON_DEPTH, parseJson } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import {
  encodeMethodResponse,
  isList,
  isStruct,
  type RpcStruct,
  RpcUsageError,
  type RpcValue,
  UnencodableValueError,
} from "@vworkspace/odoo-rpc";
import type { JsonShape, ModelField } from "./model-field";
import type { Wire } from "./model-method";
import type { OdooModel } from "./odoo-model";
import { isXmlText } from "./xml-carriable";

const MAX_INTEGER = 2 ** 31 - 1;

/**
 * Checks what a create or write gives, field by field. A many2one stays a number here: whether it exists is a question
 * to the database.
 * @throws RpcUsageError naming an unknown field; DomainError validation_failed naming field, value and remedy
 */
export function readValues(
  model: OdooModel,
  given: RpcValue | undefined,
  how: { readonly isCreate: boolean; readonly wire: Wire },
): Record<string, unknown> {
  if (!isStruct(given))
    throw new RpcUsageError(
      `${how.isCreate ? "create takes a struct, or a list of structs" : "write takes one struct"}, of field names and values.`,
    );
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const field = model.field(name);
    if (field === undefined)
      throw new RpcUsageError(
        `${model.name} has no field ${name.slice(0, 80)}; fields_get lists those that exist.`,
      );
    requireWritable(field, how.isCreate);
    if (how.wire === "xml") requireCarriable(field, value);
    values[name] = requireSet(field, readField(field, value));
  }
  if (how.isCreate) requireRequired(model, values);
  return values;
}

function requireWritable(field: ModelField, isCreate: boolean): void {
  if (field.writable === "always") return;
  if (field.writable === "on create" && isCreate) return;
  throw invalid(
    field,
    field.writable === undefined
      ? "is read only; leave it out."
      : "can't be changed once the record is there; leave it out.",
  );
}

function requireRequired(model: OdooModel, values: RpcStruct | object): void {
  const given = new Map(Object.entries(values));
  const missing = model.fields.find(
    (field) => field.isRequired && !given.has(field.name),
  );
  if (missing) throw invalid(missing, "is missing; it is required.");
}

function requireSet(field: ModelField, value: unknown): unknown {
  if (field.isRequired && value === "")
    throw invalid(field, "is empty; it is required.");
  return value;
}

/** XML-RPC may have changed such a struct on its way here, so that it would not be what the caller meant. */
function requireCarriable(field: ModelField, value: RpcValue): void {
  if (field.textTwin === undefined || typeof value === "string") return;
  try {
    encodeMethodResponse(value);
  } catch (error) {
    if (!(error instanceof UnencodableValueError)) throw error;
    const place = error.message.replace(/^result/, field.name);
    throw new RpcUsageError(
      `XML-RPC can't carry this struct: ${place} Send the same as JSON text in ${field.textTwin}.`,
    );
  }
}

/** A value of the field's type. */
function readField(field: ModelField, value: RpcValue): unknown {
  if (isCommands(value))
    throw invalid(
      field,
      "is a list of commands such as [6, 0, [1]], and those are for one2many and many2many fields, which no model here has: give the value itself.",
    );
  if (value === null || value === false) return whenUnset(field, value);
  switch (field.type) {
    case "boolean":
      return readBoolean(field, value);
    case "integer":
      return readInteger(field, value);
    case "many2one":
      return readId(field, value);
    case "selection":
      return readSelection(field, value);
    case "json":
      return readJson(field, value);
    default:
      return readText(field, value);
  }
}

/** What Odoo's clients send for the records behind a one2many or many2many: `[[6, 0, ids]]`, `[[4, id]]`. */
function isCommands(value: RpcValue): boolean {
  const isCommand = (one: RpcValue) =>
    isList(one) &&
    one.length <= 3 &&
    [0, 1, 2, 3, 4, 5, 6].includes(one[0] as number);
  return isList(value) && value.length > 0 && value.every(isCommand);
}

/** What false or nil means: null where a field may be empty, else the type's own emptiness, where it has one. */
function whenUnset(field: ModelField, value: false | null): unknown {
  if (field.isNullable) return null;
  switch (field.type) {
    case "boolean":
      return false;
    case "char":
    case "text":
      return "";
    case "json":
      // A struct that reads as false, because XML-RPC can't carry it, must not come back as an empty one.
      if (field.textTwin === undefined) return emptyShape(field);
      throw mismatch(field, value, "give a struct, {} for an empty one");
    default:
      throw mismatch(field, value, `give ${remedyOf(field)}`);
  }
}

function emptyShape(field: ModelField): readonly never[] | object {
  return field.shape === "texts" || field.shape === "list" ? [] : {};
}

function remedyOf(field: ModelField): string {
  switch (field.type) {
    case "integer":
      return `a whole number up to ${MAX_INTEGER}`;
    case "many2one":
      return `the id of one ${field.target?.().name ?? "record"}`;
    default:
      return `one of ${(field.selection ?? []).map(([name]) => name).join(", ")}`;
  }
}

function readBoolean(field: ModelField, value: RpcValue): boolean {
  if (typeof value === "boolean") return value;
  throw mismatch(field, value, "give true or false");
}

function readInteger(field: ModelField, value: RpcValue): number {
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    Math.abs(value) <= MAX_INTEGER
  )
    return value;
  throw mismatch(field, value, `give ${remedyOf(field)}`);
}

function readId(field: ModelField, value: RpcValue): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw mismatch(field, value, `give ${remedyOf(field)}`);
}

function readSelection(field: ModelField, value: RpcValue): string {
  const isKnown = field.selection?.some(([name]) => name === value) ?? false;
  if (isKnown) return value as string;
  throw mismatch(field, value, `give ${remedyOf(field)}`);
}

function readText(field: ModelField, value: RpcValue): string {
  if (typeof value !== "string") throw mismatch(field, value, "give a text");
  if (isXmlText(value)) return value;
  throw invalid(
    field,
    "holds a character that XML can't carry; leave it out, or in JSON write it as \\uXXXX.",
  );
}

const SHAPES: Readonly<
  Record<JsonShape, { fits: (value: unknown) => boolean; remedy: string }>
> = {
  texts: { fits: isTexts, remedy: 'give a list of texts such as ["a", "b"]' },
  list: { fits: (value) => Array.isArray(value), remedy: "give a list" },
  struct: { fits: isPlainStruct, remedy: "give a struct" },
  "struct of texts": {
    fits: (value) => isPlainStruct(value) && isTexts(Object.values(value)),
    remedy: "give a struct of texts",
  },
};

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isPlainStruct(value: unknown): value is object {
  return isStruct(value as RpcValue);
}

/** A list or struct, or its JSON text, which is what some clients can send only. */
function readJson(field: ModelField, value: RpcValue): unknown {
  const { fits, remedy } = SHAPES[field.shape ?? "struct"];
  const content = typeof value === "string" ? parsed(field, value) : value;
  if (!fits(content)) throw mismatch(field, value, remedy);
  if (!isJson(content as RpcValue))
    throw invalid(field, "holds something that is no JSON; leave it out.");
  return content;
}

function parsed(field: ModelField, text: string): unknown {
  const read = parseJson(new TextEncoder().encode(text));
  if (read.ok) return read.value;
  throw invalid(
    field,
    `is a text that is no JSON of at most ${MAX_JSON_DEPTH} levels; give the value itself.`,
  );
}

/** Bytes and infinite numbers exist on the wire, but not in JSON. */
function isJson(value: RpcValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (isList(value)) return value.every(isJson);
  if (isStruct(value)) return Object.values(value).every(isJson);
  return !(value instanceof Uint8Array);
}

function mismatch(field: ModelField, value: RpcValue, remedy: string) {
  return invalid(field, `is ${shown(field, value)}: ${remedy}.`);
}

function invalid(field: ModelField, problem: string): DomainError {
  return new DomainError("validation_failed", `${field.name} ${problem}`);
}

/** Of free-form content only the kind is told: it may hold what should not stand in a message. */
function shown(field: ModelField, value: RpcValue): string {
  if (isList(value)) return "a list";
  if (isStruct(value)) return "a struct";
  if (value instanceof Uint8Array) return "bytes";
  if (field.type === "json" && typeof value === "string") return "a text";
  return JSON.stringify(value).slice(0, 80);
}
