import {
  isList,
  isStruct,
  type RpcStruct,
  RpcUsageError,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { ModelField } from "../../odoo/registry/model-field";
import type { OdooModel } from "../../odoo/registry/odoo-model";
import { fitRecords } from "./fit-records";
import { markRecord, UNTRUSTED_NOTE } from "./mark-record";
import {
  type Ask,
  type JsonSchema,
  type McpTool,
  type ObjectSchema,
  objectSchema,
} from "./tool";
import { fewIds, modelOf, wholeNumber } from "./tool-arguments";
import { isNameUntrusted, isUntrusted, toldFields } from "./told-fields";

export const MOST_RECORDS = 100;
const USUAL_RECORDS = 20;
const MAX_OFFSET = 1_000_000;

const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
} as const;

const DOMAIN: JsonSchema = {
  type: "array",
  description:
    'An Odoo domain: a list of [field, operator, value], all of which must hold; "|", "&" and "!" stand before what they combine (Polish notation). Operators: =, !=, <, <=, >, >=, in, not in, like, ilike, =like, child_of, any. Dotted fields follow a relation. Times are UTC, "YYYY-MM-DD HH:MM:SS". Examples: [["state", "!=", "ready"]]; [["instance_id.name", "=", "shop"], ["state", "in", ["running", "failed"]]]. [] is every record.',
};

const RECORDS: JsonSchema = {
  type: "array",
  items: { type: "object" },
  description:
    "Texts of clusters and people stand in each record's field untrusted.",
};
const NOTE: JsonSchema = {
  type: "string",
  description: "What untrusted means.",
};
const IDS: JsonSchema = {
  type: "array",
  items: { type: "integer", minimum: 1 },
  minItems: 1,
  maxItems: MOST_RECORDS,
};

/** Tools that read, the same for every one of the models. */
export function readingTools(models: readonly OdooModel[]): McpTool[] {
  return [
    searchRecords(models),
    readRecords(models),
    countRecords(models),
    describeModel(models),
  ];
}

function modelSchema(models: readonly OdooModel[]): JsonSchema {
  return {
    type: "string",
    enum: models.map(({ name }) => name),
    description: models
      .map(({ name, label }) => `${name}: ${label}`)
      .join("; "),
  };
}

function fieldsSchema(otherwise: string): JsonSchema {
  return {
    type: "array",
    items: { type: "string" },
    description: `Names of fields, which describe_model lists; not given: ${otherwise}.`,
  };
}

function searchRecords(all: readonly OdooModel[]): McpTool {
  return {
    name: "search_records",
    title: "Search records",
    description: `Finds records of one model by a domain, ${USUAL_RECORDS} at a time where no limit is given, and says with next_offset where to go on; null: there are no more.`,
    hints: READS,
    method: "search_read",
    models: all,
    input: searchInput,
    output: objectSchema({
      model: { type: "string" },
      records: RECORDS,
      next_offset: { type: ["integer", "null"] },
      note: NOTE,
    }),
    run: (ask, args) => search(ask, args, modelOf(args, all)),
  };
}

function searchInput(models: readonly OdooModel[]): ObjectSchema {
  return objectSchema(
    {
      model: modelSchema(models),
      domain: DOMAIN,
      fields: fieldsSchema("all short ones, without long texts and JSON"),
      limit: { type: "integer", minimum: 1, maximum: MOST_RECORDS },
      offset: { type: "integer", minimum: 0, maximum: MAX_OFFSET },
      order: {
        type: "string",
        description: 'For example "name desc, id"; not given: the usual one.',
      },
    },
    ["domain", "fields", "limit", "offset", "order"],
  );
}

async function search(
  ask: Ask,
  args: RpcStruct,
  model: OdooModel,
): Promise<RpcStruct> {
  const { domain, order } = args;
  const fields = namesOf(args["fields"], model, isShort);
  const { limit, offset } = pageOf(args);
  const found = recordsOf(
    await ask(model, "search_read", {
      domain: domain ?? [],
      fields,
      // One more tells whether there are more.
      limit: limit + 1,
      offset,
      order: order ?? false,
    }),
  );
  const page = found.slice(0, limit).map((one) => markRecord(model, one));
  const records = fitRecords(model.name, page);
  const hasMore = found.length > records.length;
  return {
    model: model.name,
    records,
    next_offset: hasMore ? offset + records.length : null,
    note: UNTRUSTED_NOTE,
  };
}

function readRecords(all: readonly OdooModel[]): McpTool {
  return {
    name: "read_records",
    title: "Read records",
    description:
      "Reads records of one model by their ids, with everything that is known of them. missing has the ids that no record has.",
    hints: READS,
    method: "read",
    models: all,
    input: (models) =>
      objectSchema(
        { model: modelSchema(models), ids: IDS, fields: fieldsSchema("all") },
        ["fields"],
      ),
    output: objectSchema({
      model: { type: "string" },
      records: RECORDS,
      missing: { type: "array", items: { type: "integer" } },
      note: NOTE,
    }),
    run: (ask, args) => read(ask, args, modelOf(args, all)),
  };
}

async function read(
  ask: Ask,
  args: RpcStruct,
  model: OdooModel,
): Promise<RpcStruct> {
  const ids = [...new Set(fewIds(args["ids"], MOST_RECORDS))];
  const fields = namesOf(args["fields"], model, () => true);
  const found = recordsOf(await ask(model, "read", { ids, fields }));
  const marked = found.map((one) => markRecord(model, one));
  const records = fitRecords(model.name, marked);
  if (records.length < found.length)
    throw new RpcUsageError(
      `The answer is too long for ${found.length} records of ${model.name}: read at most ${records.length} of them at once, or name fewer fields.`,
    );
  const isThere = new Set(records.map(({ id }) => id));
  const missing = ids.filter((id) => !isThere.has(id));
  return { model: model.name, records, missing, note: UNTRUSTED_NOTE };
}

function countRecords(all: readonly OdooModel[]): McpTool {
  return {
    name: "count_records",
    title: "Count records",
    description: "Counts the records of one model that a domain describes.",
    hints: READS,
    method: "search_count",
    models: all,
    input: (models) =>
      objectSchema({ model: modelSchema(models), domain: DOMAIN }, ["domain"]),
    output: objectSchema({
      model: { type: "string" },
      count: { type: "integer" },
    }),
    run: async (ask, args) => {
      const model = modelOf(args, all);
      const domain = args["domain"] ?? [];
      const count = await ask(model, "search_count", { domain });
      return { model: model.name, count };
    },
  };
}

function describeModel(all: readonly OdooModel[]): McpTool {
  return {
    name: "describe_model",
    title: "Describe a model",
    description:
      "Lists the fields of one model: type, meaning, values of a selection, the model that a relation leads to, and whether somebody else's words may stand in it.",
    hints: READS,
    method: "fields_get",
    models: all,
    input: (models) => objectSchema({ model: modelSchema(models) }),
    output: objectSchema({
      model: { type: "string" },
      label: { type: "string" },
      fields: { type: "object" },
    }),
    run: (ask, args) => describe(ask, modelOf(args, all)),
  };
}

async function describe(ask: Ask, model: OdooModel): Promise<RpcStruct> {
  const said = await ask(model, "fields_get", {});
  const described = isStruct(said) ? said : {};
  const fields = toldFields(model).map(
    (field) =>
      [field.name, descriptionOf(model, field, described[field.name])] as const,
  );
  return {
    model: model.name,
    label: model.label,
    fields: Object.fromEntries(fields),
  };
}

function descriptionOf(
  model: OdooModel,
  field: ModelField,
  described: RpcValue | undefined,
): RpcStruct {
  const { type, string, help, selection, relation } = isStruct(described)
    ? described
    : {};
  const description: Record<string, RpcValue | undefined> = {
    type,
    label: string,
    help,
    values: isList(selection)
      ? selection.map((pair) => (isList(pair) ? (pair[0] ?? null) : pair))
      : undefined,
    relation,
    untrusted:
      isUntrusted(model.name, field.name, field.type) || isNameUntrusted(field),
  };
  return Object.fromEntries(
    Object.entries(description).filter(
      (entry): entry is [string, RpcValue] => entry[1] !== undefined,
    ),
  );
}

function isShort({ type }: ModelField): boolean {
  return type !== "json" && type !== "text";
}

/** @param isUsual which fields are read where none are named */
function namesOf(
  value: RpcValue | undefined,
  model: OdooModel,
  isUsual: (field: ModelField) => boolean,
): string[] {
  const told = toldFields(model);
  if (value === undefined || value === null)
    return told.filter(isUsual).map(({ name }) => name);
  if (!isList(value) || value.length === 0)
    throw new RpcUsageError("fields must be a list of names of fields.");
  return value.map((name) => {
    const field = told.find((one) => one.name === name);
    if (field !== undefined) return field.name;
    throw new RpcUsageError(
      `fields names ${JSON.stringify(name).slice(0, 80)}, which ${model.name} doesn't have: describe_model lists those that it has.`,
    );
  });
}

function pageOf(args: RpcStruct): { limit: number; offset: number } {
  return {
    limit: wholeNumber("limit", args["limit"], {
      least: 1,
      most: MOST_RECORDS,
      otherwise: USUAL_RECORDS,
    }),
    offset: wholeNumber("offset", args["offset"], {
      least: 0,
      most: MAX_OFFSET,
      otherwise: 0,
    }),
  };
}

function recordsOf(value: RpcValue): RpcStruct[] {
  return isList(value) ? value.filter(isStruct) : [];
}
