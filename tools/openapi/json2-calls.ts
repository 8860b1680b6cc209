import type { OdooModel } from "../../apps/gateway/src/api/odoo/registry/odoo-model";
import { BRIDGE_ANSWERS, BRIDGE_ARGUMENTS } from "./bridge-calls";
import { ref, type Schema } from "./document";
import { described, NAMED_ID } from "./json2-schemas";

type OfModel = (model: OdooModel) => Schema;

const LIMIT = "How many at most; 0 or false for no limit of one's own.";
const whole = (description: string) => (): Schema => ({
  description,
  anyOf: [{ type: "integer", minimum: 0 }, { enum: [false, null] }],
});
const text = (description: string) => (): Schema =>
  described(description, "string");
const texts = (description: string) => (): Schema => ({
  description,
  type: "array",
  items: { type: "string" },
});
const domain: OfModel = () => ref("Domain");

/** What an argument means, by `method.argument`, or by its name where that says it. */
const ARGUMENTS: Readonly<Record<string, OfModel>> = {
  ...BRIDGE_ARGUMENTS,
  ids: () => ref("Ids"),
  domain,
  fields: ({ fields }) => ({
    description: "Names of fields; empty for all of them.",
    type: "array",
    items: { enum: fields.map(({ name }) => name) },
  }),
  offset: whole("How many to leave out first."),
  limit: whole(LIMIT),
  order: text("Fields, each with asc or desc behind: `name desc, id`."),
  load: () => ({
    description:
      "`_classic_read`, which is what counts where it isn't given: a many2one reads as `[id, name]`. Anything else: as its id.",
    type: ["string", "null", "boolean"],
  }),
  allfields: texts("Names of fields; empty for all of them."),
  attributes: texts("Names of attributes; all where it isn't given."),
  vals_list: ({ name }) => ({
    description: "Values of one new record, or of several.",
    oneOf: [
      { type: "array", items: ref(`${name}.create`), maxItems: 100 },
      ref(`${name}.create`),
    ],
  }),
  vals: ({ name }) => ref(`${name}.write`),
  "default_get.fields": texts("Names of fields."),
  "name_search.name": text("What the name contains; empty for every name."),
  operator: text("How the name is compared; `ilike` where it isn't given."),
  "read_group.fields": texts(
    "Nothing is added up, so nothing needs to be named here; `__count` is always there.",
  ),
  groupby: () => ({
    description:
      "What the records are grouped by: texts, selections, booleans, many2ones, and moments by `field:day` or `field:month`.",
    anyOf: [
      { type: "array", items: { type: "string" }, maxItems: 4 },
      { type: "string" },
    ],
  }),
  orderby: text(
    "Terms of groupby, or `__count`, each with asc or desc behind.",
  ),
  lazy: () =>
    described(
      "true, which is what counts where it isn't given: by the first term only. false: by all of them at once.",
      "boolean",
    ),
  generation: whole(
    "The generation to go back to; the one before the present one where it isn't given.",
  ),
  key_thumbprint: text(
    "The thumbprint that was compared with the agent's log.",
  ),
  reason: text("Why; it is shown with the operation."),
  "action_issue_api_key.name": text("What the key is for."),
  scopes: texts(
    "What it may be used for: all, read, read:MODEL, models:MODEL.",
  ),
  expires_in_days: whole("After how many days it ends; false: never."),
  issuer: text("The provider's issuer URL."),
  subject: text("The provider's name of the person."),
};

/** What a method answers where it isn't null. */
const ANSWERS: Readonly<Record<string, OfModel>> = {
  ...BRIDGE_ANSWERS,
  search: () => idList("Ids in order."),
  search_count: () => described("How many records match.", "integer"),
  search_read: records,
  read: records,
  name_search: () => ({
    description: "Id and name of each.",
    type: "array",
    items: NAMED_ID,
  }),
  read_group: () => ({
    description:
      "A struct for each group: its values, `__count`, `__domain`, of moments `__range`, and where it was lazy `FIELD_count` and what is left in `__context`.",
    type: "array",
    items: { type: "object" },
  }),
  fields_get: () => described("Attributes by name of the field.", "object"),
  default_get: () => described("Always empty.", "object"),
  context_get: () => ({
    description: "The user's context.",
    type: "object",
    required: ["lang", "tz", "uid"],
    properties: {
      lang: described("Always en_US.", "string"),
      tz: described("Always false: every moment is in UTC.", "boolean"),
      uid: described("The user's id.", "integer"),
    },
  }),
  create: () => idList("Ids of what was made, a list also where it is one."),
  write: () => ({ description: "Always true.", const: true }),
  unlink: () => ({ description: "Always true.", const: true }),
  action_retry: () => ({
    description: "The new operation.",
    type: "object",
    required: ["id", "name"],
    properties: {
      id: described("Its id.", "integer"),
      name: described("Its name.", "string"),
    },
  }),
  action_issue_registration_token: () => ({
    description: "Shown once.",
    type: "object",
    required: ["token", "expires_at", "install_command"],
    properties: {
      token: described("The registration token.", "string"),
      expires_at: described("When it ends, in UTC.", "string"),
      install_command: described("What brings it into the cluster.", "string"),
    },
  }),
  action_issue_api_key: () => ({
    description: "Shown once.",
    type: "object",
    required: ["key", "prefix", "expires_at"],
    properties: {
      key: described("The key.", "string"),
      prefix: described("What it begins with.", "string"),
      expires_at: {
        description: "When it ends, in UTC; false: never.",
        type: ["string", "boolean"],
      },
    },
  }),
};

function records({ name }: OdooModel): Schema {
  return {
    description: "Records in order; one that isn't there is left out.",
    type: "array",
    items: ref(name),
  };
}

function idList(description: string): Schema {
  return { description, type: "array", items: { type: "integer" } };
}

/** @throws Error for an argument that nobody has described here yet */
export function argumentSchema(
  model: OdooModel,
  method: string,
  argument: string,
): Schema {
  const schemaOf = ARGUMENTS[`${method}.${argument}`] ?? ARGUMENTS[argument];
  if (schemaOf === undefined)
    throw new Error(
      `tools/openapi/json2-calls.ts doesn't say what ${argument} of ${model.name}.${method} is: add it to ARGUMENTS.`,
    );
  return schemaOf(model);
}

export function answerSchema(model: OdooModel, method: string): Schema {
  const schemaOf = ANSWERS[method];
  return schemaOf
    ? schemaOf(model)
    : { description: "It has nothing to say.", type: "null" };
}

/** What each method does, in a few words. */
const SUMMARIES: Readonly<Record<string, string>> = {
  search: "Find records",
  search_count: "Count records",
  search_read: "Find and read records",
  name_search: "Find records by name",
  read_group: "Count records by their values",
  read: "Read records",
  fields_get: "Describe the fields",
  default_get: "Values to begin with",
  context_get: "The user's context",
  create: "Make records",
  write: "Change records",
  unlink: "Remove records",
};

export function summaryOf({ label }: OdooModel, method: string): string {
  const words = method.replace(/^action_/, "").replaceAll("_", " ");
  const said = words.charAt(0).toUpperCase() + words.slice(1);
  return `${SUMMARIES[method] ?? said}: ${label}`;
}
