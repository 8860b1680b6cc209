import { idleRegistry } from "../../apps/gateway/src/api/odoo/models/idle-registry";
import type { RegisteredModel } from "../../apps/gateway/src/api/odoo/registry/model-registry";
import { PERMISSIONS } from "../../apps/gateway/src/api/odoo/registry/permissions";
import {
  type Answer,
  documentText,
  type Operation,
  ref,
  type Schema,
} from "./document";
import { answerSchema, argumentSchema, summaryOf } from "./json2-calls";
import {
  COMMON_SCHEMAS,
  described,
  recordSchema,
  valuesSchema,
} from "./json2-schemas";

const RETRY_AFTER: Readonly<Record<string, Schema>> = {
  "Retry-After": described("In how many seconds to try again.", "integer"),
};

const refusal = (description: string, rest: Partial<Answer> = {}): Answer => ({
  description,
  schema: ref("Error"),
  ...rest,
});

/** Refusals by the name that the document has for them. */
const REFUSALS: Readonly<Record<string, Answer>> = {
  NoJson: refusal("The body is no JSON."),
  NoKey: refusal("No key, or one that is nobody's.", {
    headers: {
      "WWW-Authenticate": described("Always Bearer.", "string"),
    },
  }),
  NotAllowed: refusal("The role, or the key's scopes, don't allow this."),
  NotThere: refusal("No such model, method or record."),
  TooLarge: {
    description: "The body is over 1 MiB.",
    schema: described("The gateway's own error.", "object"),
  },
  NoJsonType: refusal("The body is of another type than application/json."),
  Refused: refusal(
    "An argument or a value is wrong, or a rule or a policy refuses the call; the message says which.",
  ),
  TooMany: refusal("Too many requests.", { headers: RETRY_AFTER }),
  Failed: refusal("The gateway failed; its log has the reason."),
  Unavailable: refusal("Not now; try again."),
};

const EVERY_REFUSAL = {
  "401": "NoKey",
  "403": "NotAllowed",
  "404": "NotThere",
  "429": "TooMany",
  "500": "Failed",
  "503": "Unavailable",
} as const;

const DATABASE: Schema = {
  name: "X-Odoo-Database",
  in: "header",
  required: false,
  description:
    "Any name, or none, unless the gateway was told which it goes by (VWORKSPACE_ODOO_DATABASES).",
  schema: { type: "string" },
};

function operationOf(
  { model, methods }: RegisteredModel,
  name: string,
): Operation {
  const { parameters = [], takesIds = false } = methods[name] ?? {};
  const args = takesIds ? ["ids", ...parameters] : parameters;
  const roles = PERMISSIONS[model.name]?.[name] ?? [];
  return {
    operationId: `${model.name}.${name}`,
    summary: summaryOf(model, name),
    description: `Roles: ${roles.join(", ")}.`,
    tags: [model.name],
    parameters: [DATABASE],
    body: {
      type: "object",
      additionalProperties: false,
      properties: {
        ...Object.fromEntries(
          args.map((one) => [one, argumentSchema(model, name, one)]),
        ),
        context: ref("Context"),
        request_id: ref("RequestId"),
        on_behalf_of: ref("OnBehalfOf"),
      },
    },
    isBodyOptional: true,
    answers: {
      "200": {
        description: "What came of it.",
        schema: answerSchema(model, name),
      },
      "400": "NoJson",
      ...EVERY_REFUSAL,
      "413": "TooLarge",
      "415": "NoJsonType",
      "422": "Refused",
    },
  };
}

function schemasOf({
  model,
  changes,
}: RegisteredModel): Record<string, Schema> {
  return {
    [model.name]: recordSchema(model),
    ...(changes.create && {
      [`${model.name}.create`]: valuesSchema(model, true),
    }),
    ...(changes.write && {
      [`${model.name}.write`]: valuesSchema(model, false),
    }),
  };
}

const DOC: Operation = {
  operationId: "describe",
  summary: "Describe a model",
  description:
    "Fields of a model, and the methods that the key's user may call, with the names of their arguments in order.",
  tags: ["about"],
  parameters: [
    {
      name: "file",
      in: "path",
      required: true,
      description: "Name of a model with .json behind.",
      schema: { type: "string", pattern: "\\.json$" },
    },
    DATABASE,
  ],
  answers: {
    "200": {
      description: "The description.",
      schema: {
        type: "object",
        required: ["model", "name", "doc", "fields", "methods"],
        properties: {
          model: described("Name of the model.", "string"),
          name: described("What people call it.", "string"),
          doc: described("Always empty.", "string"),
          fields: described("What fields_get answers.", "object"),
          methods: described(
            "By name: parameters in order, and api, which holds `model` where a method takes no ids.",
            "object",
          ),
        },
      },
    },
    ...EVERY_REFUSAL,
  },
};

const VERSION: Operation = {
  operationId: "version",
  summary: "The Odoo that the gateway looks like",
  tags: ["about"],
  security: [],
  answers: {
    "200": {
      description: "Its version.",
      schema: {
        type: "object",
        required: ["version", "version_info"],
        properties: {
          version: described("As text.", "string"),
          version_info: { description: "In parts.", type: "array" },
        },
      },
    },
    "429": {
      description: "Too many requests.",
      headers: RETRY_AFTER,
      schema: described("The gateway's own error.", "object"),
    },
  },
};

function merged<T>(parts: readonly Readonly<Record<string, T>>[]) {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

function pathsOf(entry: RegisteredModel) {
  return Object.fromEntries(
    Object.keys(entry.methods).map((name) => [
      `/json/2/${entry.model.name}/${name}`,
      { post: operationOf(entry, name) },
    ]),
  );
}

export function json2Document(): string {
  const { models } = idleRegistry();
  return documentText({
    title: "vworkspace gateway, JSON-2",
    version: "19.0",
    description:
      "The gateway's models in the shape of Odoo 19's external JSON-2 API. Each call names a model and a method in its path and its arguments in its body; a key of the gateway says who calls.",
    mediaType: "application/json",
    tags: [
      ...models.map(({ model: { name, label } }) => ({
        name,
        description: `${label}.`,
      })),
      { name: "about", description: "What there is." },
    ],
    paths: {
      ...merged(models.map(pathsOf)),
      "/doc-bearer/{file}": { get: DOC },
      "/web/version": { get: VERSION },
    },
    schemas: merged([COMMON_SCHEMAS, ...models.map(schemasOf)]),
    answers: REFUSALS,
    securitySchemes: {
      apiKey: {
        type: "http",
        scheme: "bearer",
        description: "An API key of a user of the gateway.",
      },
    },
    security: [{ apiKey: [] }],
  });
}
