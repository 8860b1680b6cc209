import type { RpcValue } from "@vworkspace/odoo-rpc";
import type { Role, UserActor } from "../../../trust/identity/domain/actor";
import { makeModels } from "../../odoo/models/make-models";
import {
  OPERATION_ENGINES,
  OPERATION_TYPES,
} from "../../odoo/models/operation.model";
import type {
  ModelRegistry,
  RegistryCall,
} from "../../odoo/registry/model-registry";
import { ANSWER_CHARACTERS } from "./fit-records";
import { ToolBook } from "./tool-book";

const READING = [
  "search_records",
  "read_records",
  "count_records",
  "describe_model",
];
const CHANGING = [
  "create_instance",
  "update_instance",
  "suspend_instance",
  "resume_instance",
  "rollback_instance",
  "create_operation",
  "cancel_operation",
];

/** What stands behind the tools that change something, as a reader of the documentation would write it. */
const BEHIND = [
  "create_instance: vworkspace.application.instance create",
  "update_instance: vworkspace.application.instance write",
  "suspend_instance: vworkspace.application.instance action_suspend",
  "resume_instance: vworkspace.application.instance action_resume",
  "rollback_instance: vworkspace.application.instance action_rollback",
  "create_operation: vworkspace.operation create",
  "cancel_operation: vworkspace.operation action_cancel",
];

function actorOf(role: Role, scopes: readonly string[] = ["all"]): UserActor {
  return {
    organizationId: "o",
    type: "user",
    id: "u",
    name: "ann",
    role,
    number: 7,
    key: { id: "k", scopes, expiresAt: undefined },
  };
}

/** A registry that writes down what it is asked, and answers as it is told. */
function bookWith(answer: RpcValue = null) {
  const calls: { actor: UserActor; call: RegistryCall }[] = [];
  const registry: Pick<ModelRegistry, "call"> & { models: unknown } = {
    models: Object.values(makeModels(120)).map((model) => ({ model })),
    call: (actor, call) => {
      calls.push({ actor, call });
      return Promise.resolve(answer);
    },
  };
  const book = new ToolBook(registry as unknown as ModelRegistry);
  const run = (name: string, args: { [key: string]: RpcValue }) => {
    const tool = book.find(name);
    if (tool === undefined) throw new Error(`There is no ${name}.`);
    return book.run(actorOf("operator"), tool, args);
  };
  return { book, run, calls };
}

const namesFor = (actor: UserActor) =>
  bookWith()
    .book.listFor(actor)
    .map(({ tool }) => tool.name);
const modelsFor = (actor: UserActor, name: string) =>
  bookWith()
    .book.listFor(actor)
    .find(({ tool }) => tool.name === name)
    ?.models.map((model) => model.name) ?? [];

describe("the tools of an assistant", () => {
  it.each([
    ["reader", READING],
    ["approver", READING],
    ["operator", [...READING, ...CHANGING]],
    ["admin", [...READING, ...CHANGING]],
  ] as const)("of the role %s are those of its permissions", (role, names) => {
    expect(namesFor(actorOf(role))).toEqual(names);
  });

  it("are bounded by the key's scopes, model by model", () => {
    const one = actorOf("operator", ["read:vworkspace.job"]);
    expect(namesFor(one)).toEqual(READING);
    expect(modelsFor(one, "search_records")).toEqual(["vworkspace.job"]);
    const all = actorOf("operator", ["models:vworkspace.operation"]);
    expect(namesFor(all)).toEqual([
      ...READING,
      "create_operation",
      "cancel_operation",
    ]);
  });

  it("show the audit log to whoever may read it", () => {
    for (const role of ["reader", "operator", "approver", "admin"] as const)
      expect(
        modelsFor(actorOf(role), "read_records").includes(
          "vworkspace.audit.entry",
        ),
      ).toBe(role === "approver" || role === "admin");
  });

  it("call nothing that approves, removes, or gives rights, and read nobody's keys", () => {
    const listed = bookWith().book.listFor(actorOf("admin"));
    const behind = listed
      .filter(({ tool }) => !tool.hints.readOnlyHint)
      .flatMap(({ tool, models }) =>
        models.map(({ name }) => `${tool.name}: ${name} ${tool.method}`),
      );
    expect(behind).toEqual(BEHIND);
    const read = listed.flatMap(({ models }) => models.map(({ name }) => name));
    for (const secret of [
      "res.users",
      "vworkspace.api.key",
      "vworkspace.user.session",
      "vworkspace.user.identity",
    ])
      expect(read).not.toContain(secret);
  });

  it("describe every argument, with the values of a selection", () => {
    for (const { tool, models } of bookWith().book.listFor(actorOf("admin"))) {
      const { properties, required } = tool.input(models);
      for (const name of required) expect(properties).toHaveProperty(name);
      for (const [name, schema] of Object.entries(properties))
        expect([tool.name, name, schema["type"]]).not.toContain(undefined);
    }
    const create = bookWith().book.find("create_operation");
    expect(create?.input([])).toMatchObject({
      properties: {
        instance_id: { type: "integer", minimum: 1 },
        type: { type: "string", enum: OPERATION_TYPES },
        engine: { type: "string", enum: OPERATION_ENGINES },
        parameters: { type: "object" },
        timeout_seconds: { type: ["integer", "null"] },
        request_id: { type: "string", maxLength: 128 },
      },
      required: ["instance_id", "type", "engine"],
      additionalProperties: false,
    });
  });

  it("take neither the marks of other programs nor what can't be changed", () => {
    const { book } = bookWith();
    const of = (name: string) =>
      Object.keys(book.find(name)?.input([]).properties ?? {});
    expect(of("create_instance")).toEqual([
      "name",
      "namespace",
      "cluster_id",
      "catalog_code",
      "chart_version",
      "values",
      "values_secret_ref",
      "integrations",
      "suspended",
      "request_id",
    ]);
    expect(of("update_instance")).toEqual([
      "id",
      "catalog_code",
      "chart_version",
      "values",
      "values_secret_ref",
      "integrations",
      "request_id",
    ]);
  });

  it("refuse by name what they don't take, and what is missing or wrong", async () => {
    const { run, calls } = bookWith();
    const job = "vworkspace.job";
    for (const [tool, args, sentence] of [
      ["suspend_instance", { id: 1, force: true }, /no argument force; there/],
      ["suspend_instance", {}, /needs id/],
      ["suspend_instance", { id: "1" }, /id is "1": give a whole number/],
      ["suspend_instance", { id: [1, 2] }, /id is \[1,2\]/],
      ["update_instance", { id: 1, request_id: "r" }, /at least one of/],
      ["update_instance", { id: 1, name: "x" }, /no argument name/],
      ["search_records", { model: "res.users" }, /model is "res.users"/],
      ["search_records", { model: job, limit: 101 }, /limit is 101/],
      ["search_records", { model: job, limit: 0 }, /limit is 0/],
      ["search_records", { model: job, fields: ["x"] }, /describe_model/],
      ["search_records", { model: job, fields: [] }, /must be a list/],
      ["read_records", { model: job, ids: [] }, /1 to 100 ids/],
      ["read_records", { model: job, ids: [0] }, /ids is 0/],
      ["create_operation", { instance_id: 1 }, /needs type/],
      ["constructor", {}, /There is no constructor/],
    ] as const)
      await expect((async () => run(tool, args as never))()).rejects.toThrow(
        sentence,
      );
    expect(calls).toEqual([]);
  });

  it("ask the registry as the caller, with the tool's name for the audit log", async () => {
    const { run, calls } = bookWith(12);
    const args = { name: "shop", namespace: "shop", cluster_id: 1 };
    const given = { ...args, catalog_code: "shop", request_id: "r-1" };
    expect(await run("create_instance", given)).toEqual({
      id: 12,
      accepted: true,
    });
    await run("rollback_instance", { id: 5, generation: 2 });
    expect(calls.map(({ actor }) => actor)).toEqual([
      {
        ...actorOf("operator"),
        via: { origin: "mcp", tool: "create_instance" },
      },
      {
        ...actorOf("operator"),
        via: { origin: "mcp", tool: "rollback_instance" },
      },
    ]);
    expect(calls.map(({ call }) => [call.method, call.keywords])).toEqual([
      [
        "create",
        {
          vals_list: { ...args, catalog_code: "shop" },
          request_id: "r-1",
        },
      ],
      ["action_rollback", { ids: [5], generation: 2, request_id: null }],
    ]);
  });

  it("say where to go on when there are more records than fit", async () => {
    const model = "vworkspace.job";
    const three = [1, 2, 3].map((id) => ({ id }));
    const { run, calls } = bookWith(three);
    expect(await run("search_records", { model, limit: 2 })).toMatchObject({
      records: [{ id: 1 }, { id: 2 }],
      next_offset: 2,
    });
    expect(calls[0]?.call.keywords).toMatchObject({ limit: 3, offset: 0 });
    expect(
      await run("search_records", { model, limit: 3, offset: 4 }),
    ).toMatchObject({ next_offset: null });
    const long = three.map(({ id }) => ({
      id,
      error: "x".repeat(ANSWER_CHARACTERS / 2 - 100),
    }));
    const full = bookWith(long);
    expect(
      await full.run("search_records", { model, offset: 4 }),
    ).toMatchObject({ records: [{ id: 1 }, { id: 2 }], next_offset: 6 });
    await expect(
      full.run("read_records", { model, ids: [1, 2, 3] }),
    ).rejects.toThrow("read at most 2 of them at once");
  });

  it("name the ids that no record has", async () => {
    const { run } = bookWith([{ id: 2 }]);
    expect(
      await run("read_records", { model: "vworkspace.job", ids: [1, 2, 1] }),
    ).toMatchObject({ records: [{ id: 2 }], missing: [1] });
  });

  it("leave long texts out of a search that names no fields, and text beside its struct always", async () => {
    const { run, calls } = bookWith([]);
    await run("search_records", { model: "vworkspace.operation" });
    await run("read_records", { model: "vworkspace.operation", ids: [1] });
    const [short, all] = calls.map(({ call }) => call.keywords["fields"]);
    expect(short).toContain("state");
    expect(short).not.toContain("message");
    expect(all).toEqual(expect.arrayContaining(["message", "parameters"]));
    expect(all).not.toContain("parameters_json");
    expect(all).not.toContain("organization_id");
  });
});
