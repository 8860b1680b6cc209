import { makeModels } from "../../apps/gateway/src/api/odoo/models/make-models";
import { mayCall } from "../../apps/gateway/src/api/odoo/registry/permissions";
import { makeTools } from "../../apps/gateway/src/api/mcp/tools/make-tools";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import type { Role } from "../../apps/gateway/src/trust/identity/domain/actor";
import { TestOperations } from "../db/test-operations";
import { CATALOG_CODE, TestTenant } from "../db/test-tenant";
import { callTool, listTools, message, postMcp } from "../mcp/mcp-call";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { guardOf } from "./route-guards";

jest.setTimeout(120_000);

const ROLES: readonly Role[] = ["reader", "operator", "approver", "admin"];
/** No record has it, in any organization. */
const ABSENT = 2_000_000_000;
const TOOLS = makeTools(Object.values(makeModels(120)));
const MODELS = TOOLS.find(({ name }) => name === "read_records")?.models ?? [];

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
};

/** Arguments that a tool takes, about one record; nothing comes of them where that isn't there. */
function argumentsOf(tool: string, record: number): object {
  switch (tool) {
    case "create_instance":
      return {
        name: "web",
        namespace: "prod",
        cluster_id: record,
        catalog_code: CATALOG_CODE,
      };
    case "create_operation":
      return { instance_id: record, type: "Backup", engine: "velero" };
    case "update_instance":
      return { id: record, chart_version: "2.0.0" };
    default:
      return { id: record };
  }
}

describe("Every tool of assistants", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let stranger: TestOperations;
  let cells = 0;

  beforeAll(async () => {
    gateway = await startListedGateway();
    tenant = await TestTenant.make(gateway);
    await tenant.allow();
    stranger = await TestOperations.make(gateway);
    const instance = await stranger.instance();
    const { id } = await stranger.create(instance);
    await stranger.carry();
    await stranger.tell(id, ["Running True EngineStarted"]);
    // What has no settled job is open.
    await stranger.create(instance);
  });

  afterAll(async () => {
    process.stdout.write(
      `matrix of the tools: ${TOOLS.length} tools, ${cells} cells\n`,
    );
    await gateway.stop();
  });

  async function keyOf(role: Role, login = `${role}@example.com`) {
    const [row] = await gateway.look<{ code: string }>(
      "select code from organizations where id = $1",
      [tenant.organizationId],
    );
    const organizationCode = row?.code ?? "";
    const users = gateway.get(UserService);
    return (await users.add({ login, role, organizationCode })).key;
  }

  const call = (key: string, tool: string, args: object) => {
    cells += 1;
    return callTool(gateway.url, key, tool, args);
  };

  it("stands behind a route that is tried here", () => {
    const routes = gateway.routes
      .filter((route) => guardOf(route) === "bearer-key")
      .map(({ method, path }) => `${method} ${path}`);
    expect(routes.sort()).toEqual(["DELETE /mcp", "GET /mcp", "POST /mcp"]);
  });

  it.each(ROLES)(
    "is open to the role %s where the table of permissions says so, and nowhere else",
    async (role) => {
      const key = await keyOf(role);
      const listed = await listTools(gateway.url, key);
      for (const tool of TOOLS)
        for (const { name: model } of tool.models) {
          const isReading = tool.hints.readOnlyHint;
          const args =
            tool.name === "read_records"
              ? { model, ids: [ABSENT] }
              : isReading
                ? { model }
                : argumentsOf(tool.name, ABSENT);
          const { refusal = "" } = await call(key, tool.name, args);
          const may = mayCall(role, model, tool.method);
          expect([tool.name, model, /^The role/.test(refusal)]).toEqual([
            tool.name,
            model,
            !may,
          ]);
          if (may) expect(listed).toContain(tool.name);
        }
    },
  );

  it("is closed to a key of the role bridge", async () => {
    const key = await keyOf("bridge");
    const response = await postMcp(gateway.url, key, message("tools/list"));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      message: expect.stringContaining("role is bridge") as string,
    });
  });

  it("is bounded by the scopes of the key", async () => {
    const key = await keyOf("operator", "narrow@example.com");
    await gateway.look(
      `update api_keys set scopes = '["read"]' where user_id = (select id from users where login = 'narrow@example.com')`,
    );
    expect(await listTools(gateway.url, key)).not.toContain("create_instance");
    const { refusal } = await call(key, "suspend_instance", { id: ABSENT });
    expect(refusal).toContain("The key's scopes (read) don't cover");
  });

  it("is closed to whoever has no key, a wrong one, one that has ended or that is no longer anybody's", async () => {
    const right = await keyOf("admin", "right@example.com");
    const revoked = await keyOf("admin", "revoked@example.com");
    const ended = await keyOf("admin", "ended@example.com");
    const gone = await keyOf("admin", "gone@example.com");
    const change = (sql: string, login: string) =>
      gateway.look(
        `update api_keys set ${sql} where user_id = (select id from users where login = $1)`,
        [login],
      );
    await change("revoked_at = now()", "revoked@example.com");
    await change("expires_at = now()", "ended@example.com");
    await gateway.look(
      "update users set active = false where login = 'gone@example.com'",
    );
    const { token } = await tenant.cluster();
    const wrong = [undefined, "", "x", `${right}x`, right.slice(0, -1), token];
    for (const key of [...wrong, revoked, ended, gone])
      for (const body of [
        message("initialize"),
        message("tools/list"),
        ...TOOLS.map(({ name }) =>
          message("tools/call", { name, arguments: {} }),
        ),
        "no JSON at all",
      ]) {
        const response = await postMcp(gateway.url, key, body);
        cells += 1;
        expect(response.status).toBe(401);
        expect(response.headers.get("www-authenticate")).toBe("Bearer");
        expect(await response.json()).toMatchObject({
          error: "unauthenticated",
          message: "Access Denied",
        });
      }
    for (const method of ["GET", "DELETE"]) {
      const ask = (authorization: string) =>
        fetch(`${gateway.url}/mcp`, { method, headers: { authorization } });
      expect((await ask("Bearer x")).status).toBe(401);
      expect((await ask(`Basic ${right}`)).status).toBe(401);
      expect((await ask(`Bearer ${right}`)).status).toBe(405);
    }
  });

  it("says of a foreign record what it says of one that isn't there, and does nothing to it", async () => {
    const key = await keyOf("operator", "curious@example.com");
    const before = await everythingOf(stranger.tenant.organizationId);
    for (const tool of TOOLS.filter(({ hints }) => !hints.readOnlyHint)) {
      const table = ["create_instance"].includes(tool.name)
        ? "clusters"
        : tool.name === "cancel_operation"
          ? "operations"
          : "application_instances";
      const foreign = await numberOf(table);
      const said = async (record: number) => {
        const args = argumentsOf(tool.name, record);
        const { answer, text } = await call(key, tool.name, args);
        expect([tool.name, answer]).toEqual([tool.name, undefined]);
        return text.replaceAll(String(record), "N");
      };
      expect([tool.name, await said(foreign)]).toEqual([
        tool.name,
        await said(ABSENT),
      ]);
    }
    expect(await everythingOf(stranger.tenant.organizationId)).toEqual(before);
  });

  it("shows no record of another organization, by whatever it is asked for", async () => {
    const key = await keyOf("admin", "nosy@example.com");
    expect(MODELS.map(({ name }) => name).sort()).toEqual(
      Object.keys(TABLES).sort(),
    );
    for (const { name: model } of MODELS) {
      const table = TABLES[model] ?? "";
      const [first] = await foreignNumbers(table);
      // Neither a schedule nor a sequence was made there; what isn't there can't be shown.
      if (first === undefined) continue;
      const { answer: read } = await call(key, "read_records", {
        model,
        ids: [first],
      });
      expect([model, read]).toEqual([
        model,
        expect.objectContaining({ records: [], missing: [first] }),
      ]);
      for (const domain of [[["id", "=", first]], ["!", ["id", "=", 0]]]) {
        const found = await call(key, "search_records", {
          model,
          domain,
          limit: 100,
        });
        const ids = (found.answer?.["records"] as { id: number }[]).map(
          ({ id }) => id,
        );
        expect(ids).not.toContain(first);
      }
      const { answer } = await call(key, "count_records", {
        model,
        domain: [["id", "=", first]],
      });
      expect([model, answer?.["count"]]).toEqual([model, 0]);
    }
  });

  async function foreignNumbers(table: string): Promise<number[]> {
    const own = table === "organizations" ? "id" : "organization_id";
    const rows = await gateway.look<{ number: number }>(
      `select number from ${table} where ${own} = $1 order by number limit 1`,
      [stranger.tenant.organizationId],
    );
    return rows.map(({ number }) => number);
  }

  async function numberOf(table: string): Promise<number> {
    const [number] = await foreignNumbers(table);
    if (number === undefined) throw new Error(`${table} is empty`);
    return number;
  }

  /** Every row of the tables behind the models, as text. */
  async function everythingOf(organizationId: string): Promise<string[]> {
    const texts: string[] = [];
    for (const table of [...Object.values(TABLES), "desired_objects"]) {
      const own = table === "organizations" ? "id" : "organization_id";
      const rows = await gateway.look<{ text: string }>(
        `select t::text as text from ${table} t where ${own} = $1 order by 1`,
        [organizationId],
      );
      texts.push(table, ...rows.map(({ text }) => text));
    }
    return texts;
  }
});
