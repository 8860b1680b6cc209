import { RpcUsageError } from "@vworkspace/odoo-rpc";
import { ENGINE_PARAMETERS } from "@vworkspace/resources";
import type { ModelField } from "../../odoo/registry/model-field";
import type { OdooModel } from "../../odoo/registry/odoo-model";
import { fieldSchema } from "./field-schema";
import { isTold } from "./told-fields";
import {
  type JsonSchema,
  type McpTool,
  objectSchema,
  type ToolHints,
} from "./tool";
import { oneId } from "./tool-arguments";

export const INSTANCE = "vworkspace.application.instance";
export const OPERATION = "vworkspace.operation";

/** Marks that another program keeps on its records; what an assistant asks for has none. */
const MARKS: ReadonlySet<string> = new Set(["external_ref", "intent_version"]);
/** Of an instance that is there these stay as they are, or have tools of their own. */
const FIXED: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "cluster_id",
  "suspended",
]);

const REQUEST_ID: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: 128,
  description:
    "Any text that is new for each change, for example a UUID: a repeat with the same one gets the first answer again and changes nothing.",
};

/** Said otherwise than in the Odoo-shaped API, which has the same as text beside it. */
const HELP: Readonly<Record<string, string>> = {
  values:
    "Helm values as a JSON object. A change replaces all of them. Secrets belong into a Secret of the namespace (values_secret_ref).",
  parameters: `What the engine takes, as a JSON object. ${enginesInWords()}`,
};

const ADDS: ToolHints = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
};
const CHANGES: ToolHints = { ...ADDS, destructiveHint: true };

/** What is said of a change besides what the model says. */
interface Wording {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly hints: ToolHints;
}

/** Tools that change something: the caller's wishes for applications and operations, and nothing that decides or removes. */
export function changingTools(models: readonly OdooModel[]): McpTool[] {
  const of = (name: string) => models.filter((model) => model.name === name);
  return [
    ...of(INSTANCE).flatMap(instanceTools),
    ...of(OPERATION).flatMap(operationTools),
  ];
}

function instanceTools(instance: OdooModel): McpTool[] {
  return [
    createTool(instance, {
      name: "create_instance",
      title: "Deploy an application",
      description:
        "Makes an application instance and deploys it, where policy allows that. The answer means that the wish is kept; read_records tells by state and conditions what becomes of it.",
      hints: ADDS,
    }),
    writeTool(instance, {
      name: "update_instance",
      title: "Change an application",
      description:
        "Changes version, values or integrations of an application instance and deploys it again, where policy allows that. Fields that aren't given stay as they are.",
      hints: CHANGES,
    }),
    ...suspensionTools(instance),
    rollbackTool(instance),
  ];
}

function suspensionTools(instance: OdooModel): McpTool[] {
  return [
    actionTool(instance, "action_suspend", {
      name: "suspend_instance",
      title: "Suspend an application",
      description:
        "Holds changes of an application back; what runs goes on running. resume_instance is the way back.",
      hints: ADDS,
    }),
    actionTool(instance, "action_resume", {
      name: "resume_instance",
      title: "Resume an application",
      description: "Takes a suspension back.",
      hints: ADDS,
    }),
  ];
}

function rollbackTool(instance: OdooModel): McpTool {
  const wording = {
    name: "rollback_instance",
    title: "Roll an application back",
    description:
      "Deploys again what an application instance was to be before its last change, or at an earlier generation. Data are not rolled back.",
    hints: { ...CHANGES, idempotentHint: false },
  };
  return actionTool(instance, "action_rollback", wording, {
    generation: {
      type: "integer",
      minimum: 1,
      description: "Not given: the one before the last change.",
    },
  });
}

function operationTools(operation: OdooModel): McpTool[] {
  return [
    createTool(operation, {
      name: "create_operation",
      title: "Ask for an operation",
      description:
        "Asks for a backup, restore, upgrade or another operation on an application instance, where policy allows that. Where policy wants an approval, it waits in the state awaiting_approval until a person gives it elsewhere (approval_url).",
      hints: { ...CHANGES, idempotentHint: false },
    }),
    actionTool(operation, "action_cancel", {
      name: "cancel_operation",
      title: "Cancel an operation",
      description:
        "Asks that an operation is not begun, or ends early. What it has done stays done.",
      hints: CHANGES,
    }),
  ];
}

function createTool(model: OdooModel, wording: Wording): McpTool {
  const fields = writableFields(model).filter(({ name }) => !MARKS.has(name));
  return {
    ...wording,
    method: "create",
    models: [model],
    input: () => inputOf({}, fields),
    output: ACCEPTED,
    run: async (ask, { request_id = null, ...values }) => {
      const keywords = { vals_list: values, request_id };
      const id = await ask(model, "create", keywords);
      return { id, accepted: true };
    },
  };
}

function writeTool(model: OdooModel, wording: Wording): McpTool {
  const fields = writableFields(model)
    .filter(({ writable }) => writable === "always")
    .filter(({ name }) => !MARKS.has(name) && !FIXED.has(name))
    .map((field) => ({ ...field, isRequired: false }));
  return {
    ...wording,
    method: "write",
    models: [model],
    input: () => inputOf({ id: idSchema(model) }, fields),
    output: ACCEPTED,
    run: async (ask, args) => {
      const { id: _id, request_id = null, ...vals } = args;
      const id = oneId(args);
      if (Object.keys(vals).length === 0)
        throw new RpcUsageError(
          `${wording.name} changes nothing: give at least one of ${fields.map(({ name }) => name).join(", ")}.`,
        );
      await ask(model, "write", { ids: [id], vals, request_id });
      return { id, accepted: true };
    },
  };
}

function actionTool(
  model: OdooModel,
  method: string,
  wording: Wording,
  parameters: Readonly<Record<string, JsonSchema>> = {},
): McpTool {
  return {
    ...wording,
    method,
    models: [model],
    input: () =>
      objectSchema(
        { id: idSchema(model), ...parameters, request_id: REQUEST_ID },
        [...Object.keys(parameters), "request_id"],
      ),
    output: ACCEPTED,
    run: async (ask, args) => {
      const { id: _id, request_id = null, ...given } = args;
      const id = oneId(args);
      await ask(model, method, { ids: [id], ...given, request_id });
      return { id, accepted: true };
    },
  };
}

const ACCEPTED = objectSchema({
  id: { type: "integer", description: "Of the record." },
  accepted: {
    type: "boolean",
    description: "The wish is kept; clusters carry it out by and by.",
  },
});

function inputOf(
  before: Readonly<Record<string, JsonSchema>>,
  fields: readonly ModelField[],
) {
  const properties = Object.fromEntries(
    fields.map((field) => [field.name, fieldSchema(field, HELP[field.name])]),
  );
  const optional = fields
    .filter(({ isRequired }) => !isRequired)
    .map(({ name }) => name);
  return objectSchema({ ...before, ...properties, request_id: REQUEST_ID }, [
    ...optional,
    "request_id",
  ]);
}

function idSchema({ name }: OdooModel): JsonSchema {
  return {
    type: "integer",
    minimum: 1,
    description: `Of a record of ${name}, which search_records finds.`,
  };
}

function writableFields(model: OdooModel): readonly ModelField[] {
  return model.fields.filter(
    (field) => field.writable !== undefined && isTold(field),
  );
}

function enginesInWords(): string {
  return Object.entries(ENGINE_PARAMETERS)
    .map(([engine, { types, schema }]) => {
      const names = Object.keys(schema.properties ?? {}).join(", ");
      return `${engine} (${types.join(", ")}): ${names || "nothing"}.`;
    })
    .join(" ");
}
