import type { OdooModel } from "../../apps/gateway/src/api/odoo/registry/odoo-model";
import type { Schema } from "./document";
import { described } from "./json2-schemas";

type OfModel = (model: OdooModel) => Schema;

const text = (description: string) => (): Schema =>
  described(description, "string");
const count = (description: string) => (): Schema =>
  described(description, "integer");

/** The organization and gateway that an Odoo is paired with. */
const PARTNER = {
  organization: {
    description: "The organization of the key.",
    type: "object",
    required: ["code", "name"],
    properties: {
      code: described("Its code.", "string"),
      name: described("Its name.", "string"),
    },
  },
  epoch: {
    description: "Within which sequences count; false before the pairing.",
    type: ["string", "boolean"],
  },
  approval_trust: {
    description: "Whether an Odoo's word on who approved counts.",
    enum: ["personal", "odoo"],
  },
  version: described("The gateway's version.", "string"),
} as const;

/** What a record is afterwards, by the reference that it was given under. */
const REFERENCED: Schema = {
  description: "The record as it is afterwards.",
  type: "object",
  required: ["external_ref", "state"],
  properties: {
    external_ref: described("The reference that was given.", "string"),
    id: described("The record's id.", "integer"),
    intent_version: described(
      "The highest version that is known; above the given one, the given one changed nothing.",
      "integer",
    ),
    generation: {
      description: "Of what is wanted of the cluster.",
      type: ["integer", "boolean"],
    },
    state: {
      description: "Its state; absent where there is no such record.",
      type: ["string", "boolean"],
    },
  },
};

/** What the arguments of a bridge's methods mean. */
export const BRIDGE_ARGUMENTS: Readonly<Record<string, OfModel>> = {
  "upsert.vals_list": ({ name }) => ({
    description:
      "Values of each record, with external_ref and intent_version; a many2one also by the code or external_ref of its target.",
    type: "array",
    items: { type: "object", description: `Fields of ${name}.` },
    maxItems: 100,
  }),
  external_ref: text("The record's own id on the other side."),
  intent_version: count("The version of the wish; it grows with each."),
  code: text("The pairing code; it counts once."),
  database_uuid: text("Odoo's database.uuid."),
  url: text("Where Odoo is reached."),
  database: text("The name of Odoo's database."),
  login: text("Who the gateway is in Odoo."),
  key: text("His API key there."),
  model: text("The model that is compared or told again."),
  digests: () => ({
    description:
      "SHA-256 of each page, by the first two hexadecimal digits of the SHA-256 of the references on it.",
    type: "object",
    additionalProperties: { type: "string", pattern: "^[0-9a-f]{64}$" },
  }),
  external_refs: () => ({
    description: "References of records.",
    type: "array",
    items: { type: "string" },
    maxItems: 1000,
  }),
  id: count("The record's id."),
};

/** What a bridge's methods answer. */
export const BRIDGE_ANSWERS: Readonly<Record<string, OfModel>> = {
  upsert: () => ({
    description: "Each record, in the order given.",
    type: "array",
    items: REFERENCED,
  }),
  remove: () => REFERENCED,
  pair: () => ({
    description: "Whom Odoo is paired with.",
    type: "object",
    required: Object.keys(PARTNER),
    properties: PARTNER,
  }),
  status: () => ({
    description: "Whom Odoo is paired with, and what waits for it.",
    type: "object",
    required: [
      ...Object.keys(PARTNER),
      "state",
      "acknowledged_sequence",
      "backlog",
      "last_error",
    ],
    properties: {
      ...PARTNER,
      state: {
        description: "Whether this key is paired with an Odoo.",
        enum: ["new", "paired", "disabled"],
      },
      acknowledged_sequence: {
        description:
          "The highest sequence that Odoo said it has in this epoch, as text; an Odoo that knows less was restored from a backup and asks for all again.",
        type: "string",
        pattern: "^[0-9]+$",
      },
      backlog: described("Records that Odoo has yet to be told of.", "integer"),
      last_error: {
        description: "Why the last try failed; false: it did not.",
        type: ["string", "boolean"],
      },
    },
  }),
  compare: () => ({
    description: "Pages that differ.",
    type: "object",
    required: ["pages", "unknown"],
    properties: {
      pages: {
        description: "All records of each page that differs.",
        type: "object",
        additionalProperties: { type: "array", items: { type: "object" } },
      },
      unknown: described("Records without an external_ref.", "integer"),
    },
  }),
  resend: count("How many records are told again."),
  resend_all: count("How many records are told again."),
  adopt: () => ({ description: "Always true.", const: true }),
  action_issue_pairing_code: () => ({
    description: "Shown once.",
    type: "object",
    required: ["code", "expires_at"],
    properties: {
      code: described("The code.", "string"),
      expires_at: described("When it ends, in UTC.", "string"),
    },
  }),
};
