import { z } from "zod";
import { ModelRegistry } from "../../apps/gateway/src/api/odoo/registry/model-registry";
import { mayCall } from "../../apps/gateway/src/api/odoo/registry/permissions";
import { OperationService } from "../../apps/gateway/src/intent/operations/operation.service";
import { ScheduleService } from "../../apps/gateway/src/intent/operations/schedule.service";
import { SequenceService } from "../../apps/gateway/src/intent/sequences/sequence.service";
import { OdooDatabaseService } from "../../apps/gateway/src/observed/odoo-sync/odoo-database.service";
import { EventService } from "../../apps/gateway/src/observed/events/event.service";
import type { Role } from "../../apps/gateway/src/trust/identity/domain/actor";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { TestSequences } from "../db/test-sequences";
import { TestTenant } from "../db/test-tenant";
import { type ListedGateway, startListedGateway } from "./listed-gateway";

jest.setTimeout(120_000);

const ROLES: readonly Role[] = [
  "reader",
  "operator",
  "approver",
  "admin",
  "bridge",
];

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z
    .object({ data: z.object({ name: z.string(), message: z.string() }) })
    .optional(),
});

const refusalSchema = z.object({ name: z.string(), message: z.string() });

/** What a call came to: the class of Odoo's exception and its sentence, or neither. */
interface Outcome {
  readonly name: string;
  readonly message: string;
  readonly result: unknown;
}

interface Caller {
  readonly uid: unknown;
  readonly key: string;
}

/** No record has it, in any organization. */
const ABSENT = 2_000_000_000;

describe("Every method of every model", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let organizationCode: string;
  let methods: readonly (readonly [model: string, method: string])[];
  let cells = 0;

  beforeAll(async () => {
    gateway = await startListedGateway();
    tenant = await TestTenant.make(gateway);
    const [row] = await gateway.look<{ code: string }>(
      "select code from organizations where id = $1",
      [tenant.organizationId],
    );
    organizationCode = row?.code ?? "";
    methods = gateway
      .get(ModelRegistry)
      .models.flatMap(({ model, methods: all }) =>
        Object.keys(all).map((method) => [model.name, method] as const),
      );
  });

  afterAll(async () => {
    process.stdout.write(
      `matrix of the models: ${methods.length} methods, ${cells} cells\n`,
    );
    await gateway.stop();
  });

  async function rpc(
    service: string,
    method: string,
    args: readonly unknown[],
  ): Promise<Outcome> {
    const response = await fetch(`${gateway.url}/jsonrpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        jsonrpc: "2.0",
        method: "call",
        id: 1,
        params: { service, method, args },
      }),
    });
    expect(response.status).toBe(200);
    const { error, result } = answerSchema.parse(await response.json());
    cells += 1;
    const { name = "", message = "" } = error?.data ?? {};
    return { name, message, result };
  }

  /** With an id where the method takes some: a record that isn't there, so that nothing comes of it. */
  function call(
    { uid, key }: Caller,
    [model, method]: readonly [string, string],
    args: readonly unknown[] = [[ABSENT]],
  ): Promise<Outcome> {
    return rpc("object", "execute_kw", ["any", uid, key, model, method, args]);
  }

  /** Whether JSON-2 refuses a call for the caller's role. */
  async function isRefusedOverJson2(
    { key }: Caller,
    [model, method]: readonly [string, string],
  ): Promise<boolean> {
    const response = await fetch(`${gateway.url}/json/2/${model}/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
    });
    const body: unknown = await response.json();
    cells += 1;
    if (response.status === 200) return false;
    const { message } = refusalSchema.parse(body);
    return response.status === 403 && /^(The role|Nobody)/.test(message);
  }

  async function userOf(
    role: Role,
    login = `${role}@example.com`,
  ): Promise<Caller> {
    const { key } = await gateway
      .get(UserService)
      .add({ login, role, organizationCode });
    const { result } = await rpc("common", "login", ["any", login, key]);
    expect(result).toEqual(expect.any(Number));
    return { uid: result, key };
  }

  async function everywhere(caller: Caller): Promise<readonly string[]> {
    const said: string[] = [];
    for (const one of methods) {
      const { name, message } = await call(caller, one);
      said.push(`${name} ${message}`);
    }
    return said;
  }

  const denied = () =>
    methods.map(() => "odoo.exceptions.AccessDenied Access Denied");

  it.each(ROLES)(
    "is open to the role %s where the table says so, and nowhere else",
    async (role) => {
      const caller = await userOf(role);
      for (const [model, method] of methods) {
        const { name, message } = await call(caller, [model, method]);
        const isRefused =
          name === "odoo.exceptions.AccessError" &&
          /^(The role|Nobody)/.test(message);
        const isRefusedToo = await isRefusedOverJson2(caller, [model, method]);
        const isClosed = !mayCall(role, model, method);
        expect([model, method, isRefused, isRefusedToo]).toEqual([
          model,
          method,
          isClosed,
          isClosed,
        ]);
      }
    },
  );

  it("is closed to whoever has no key, a wrong one, or another's", async () => {
    const admin = await userOf("admin", "first@example.com");
    const other = await userOf("admin", "second@example.com");
    const stranger = await TestTenant.make(gateway);
    const wrong: readonly Caller[] = [
      { ...admin, key: "" },
      { ...admin, key: `${admin.key}x` },
      { ...admin, key: admin.key.slice(0, -1) },
      { ...admin, key: other.key },
      { ...other, key: admin.key },
      { uid: stranger.actor.number, key: admin.key },
      { uid: false, key: admin.key },
      { uid: "1 or 1=1", key: admin.key },
      { uid: [admin.uid], key: admin.key },
    ];
    for (const caller of wrong)
      expect(await everywhere(caller)).toEqual(denied());
    expect(await everywhere(admin)).not.toEqual(denied());
  });

  it("is closed to a key that was revoked or has ended, and to a user who is no longer active", async () => {
    const cases = [
      "update api_keys set revoked_at = now() where user_id = $1",
      "update api_keys set expires_at = now() - interval '1 second' where user_id = $1",
      "update users set active = false where id = $1",
    ];
    for (const [index, sql] of cases.entries()) {
      const login = `gone-${index}@example.com`;
      const caller = await userOf("admin", login);
      const [user] = await gateway.look<{ id: string }>(
        "select id from users where organization_id = $1 and login = $2",
        [tenant.organizationId, login],
      );
      await gateway.look(sql, [user?.id]);
      expect(await everywhere(caller)).toEqual(denied());
    }
  });

  it("says of a foreign record what it says of one that isn't there", async () => {
    const admin = await userOf("admin", "third@example.com");
    const stranger = await TestTenant.make(gateway);
    await stranger.allow();
    const { id, principal } = await stranger.cluster();
    const instance = await stranger.createInstance(id);
    await operate(gateway, stranger, instance);
    await gateway.get(EventService).ingest(principal, [
      {
        kind: "ConditionTransition",
        resourceRef: { kind: "ApplicationInstance", name: "shop" },
        timestamp: "2026-01-01T00:00:00Z",
      },
    ]);
    const models = new Set(methods.map(([model]) => model));
    // Its records are the models themselves, the same for everybody.
    models.delete("ir.model");
    expect(Object.keys(TABLES).sort()).toEqual([...models].sort());
    await stranger.signIn();
    for (const [model, method] of methods) {
      const table = TABLES[model];
      if (table === undefined) continue;
      const own = table === "organizations" ? "id" : "organization_id";
      const [foreign] = await gateway.look<{ number: number }>(
        `select number from ${table} where ${own} = $1 limit 1`,
        [stranger.organizationId],
      );
      if (foreign === undefined) throw new Error(`${table} is empty`);
      const said = async (record: number) => {
        const { name, message, result } = await call(
          admin,
          [model, method],
          argumentsOf(model, method, record),
        );
        const text = JSON.stringify({ name, message, result });
        return text.replaceAll(String(record), "N");
      };
      expect([model, method, await said(foreign.number)]).toEqual([
        model,
        method,
        await said(ABSENT),
      ]);
    }
  });
});

/** So that nothing but the record decides: a domain that finds it, or its id with what else the method asks for. */
function argumentsOf(
  model: string,
  method: string,
  record: number,
): readonly unknown[] {
  const domain = [["id", "=", record]];
  if (method.startsWith("search")) return [domain];
  if (method === "name_search") return ["", domain];
  if (method === "read_group") return [domain, [], []];
  if (method === "write") return [[record], writable(model)];
  if (method === "action_issue_api_key") return [[record], "x"];
  return [[record]];
}

const MARKED_ONLY = ["vworkspace.operation", "vworkspace.operation.sequence"];

/** Of an operation, and of a sequence of some, nothing but the caller's own mark. */
function writable(model: string): object {
  return MARKED_ONLY.includes(model) ? { external_ref: "x" } : { name: "x" };
}

/** An operation, a schedule that makes some, and a sequence of them. */
async function operate(
  gateway: ListedGateway,
  tenant: TestTenant,
  instanceId: string,
): Promise<void> {
  const wanted = { instanceId, type: "Backup", engine: "velero" } as const;
  await new TestSequences(gateway, tenant, []).prepare();
  await gateway.look(
    "update policies set allowed_operations = '[\"*/*\"]' where organization_id = $1",
    [tenant.organizationId],
  );
  await tenant.in(async (stores) => {
    const { actor } = tenant;
    await gateway.get(OdooDatabaseService).create(stores, actor, "Odoo");
    await gateway.get(OperationService).create(stores, actor, wanted);
    const nightly = { ...wanted, cron: "0 2 * * *" };
    await gateway.get(ScheduleService).create(stores, actor, nightly);
    await gateway.get(SequenceService).create(stores, actor, {
      instanceId,
      template: "clone",
      parameters_json: '{"namespace":"other"}',
    });
  });
}

/** Where records of a model have their numbers. */
const TABLES: Readonly<Record<string, string>> = {
  "vworkspace.organization": "organizations",
  "vworkspace.event": "events",
  "vworkspace.audit.entry": "audit_queue",
  "vworkspace.cluster": "clusters",
  "vworkspace.catalog.entry": "catalog_entries",
  "vworkspace.policy": "policies",
  "vworkspace.application.instance": "application_instances",
  "vworkspace.operation": "operations",
  "vworkspace.operation.schedule": "operation_schedules",
  "vworkspace.operation.sequence": "operation_sequences",
  "vworkspace.job": "jobs",
  "res.users": "users",
  "vworkspace.api.key": "api_keys",
  "vworkspace.user.identity": "user_identities",
  "vworkspace.user.session": "user_sessions",
  "vworkspace.odoo.database": "odoo_databases",
};
