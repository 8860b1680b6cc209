import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { Admission } from "../../apps/gateway/src/api/limits/admission.service";
import { limitOf } from "../../apps/gateway/src/api/limits/limits.table";
import { FailedSignIns } from "../../apps/gateway/src/trust/identity/failed-sign-ins.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { TestTenant } from "../db/test-tenant";
import { message, postMcp } from "../mcp/mcp-call";
import {
  type ListedGateway,
  startListedGateway,
} from "../trust/listed-gateway";

jest.setTimeout(120_000);

/** Counts that nothing here but its own test reaches. */
const LIMITS = `
events: { requests: 1000, windowSeconds: 3600, waiting: 1000 }
report: { requests: 3, windowSeconds: 3600 }
rpc: { requests: 4, windowSeconds: 3600 }
register: { requests: 3, windowSeconds: 3600 }
keys: { inFlight: 1, waiting: 1 }
failures: { requests: 3, windowSeconds: 3600 }
`;
/** Asked for by nobody, so that nobody is told about them here: they are everybody's. */
const OPEN_ROUTES = [
  "GET /.well-known/jwks.json",
  "GET /web/version",
  "POST /web/webclient/version_info",
  "POST /web/database/list",
];

let addresses = 0;
/** An address of its own for a test, as a trusted proxy tells it. */
function newAddress(): string {
  addresses += 1;
  return `198.18.${addresses >> 8}.${addresses & 255}`;
}

describe("limits of a gateway", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vworkspace-limits-"));
    await writeFile(join(folder, "limits.yaml"), LIMITS);
    gateway = await startListedGateway({
      VWORKSPACE_LIMITS_FILE: join(folder, "limits.yaml"),
      VWORKSPACE_TRUSTED_PROXIES: "127.0.0.1",
    });
    tenant = await TestTenant.make(gateway);
  });

  afterAll(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true });
  });

  /** One call of an agent. */
  function agent(
    path: string,
    token: string,
    {
      address = newAddress(),
      body,
    }: { address?: string; body?: object | undefined } = {},
  ): Promise<Response> {
    return fetch(`${gateway.url}/api/agent${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "x-forwarded-for": address,
        "content-type": AGENT_MEDIA_TYPE,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  const report = (token: string, address?: string) =>
    agent("/jobs/0190a000-0000-7000-8000-000000000000/ack", token, {
      body: {},
      ...(address !== undefined && { address }),
    });

  it("are thought about for every route", () => {
    const forgotten = gateway.routes
      .filter(({ method, path }) => limitOf(method, path) === "other")
      .map(({ method, path }) => `${method} ${path}`);
    expect(forgotten.sort()).toEqual([...OPEN_ROUTES].sort());
  });

  describe("of a credential", () => {
    it("tell it to come back later, with the words of the contract, and no other", async () => {
      const [busy, quiet] = [await tenant.cluster(), await tenant.cluster()];
      const statuses = [];
      for (let count = 0; count < 5; count += 1)
        statuses.push((await report(busy.token)).status);
      // The first proves the credential, and three are counted.
      expect(statuses).toEqual([404, 404, 404, 404, 429]);
      const refused = await report(busy.token);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({
        error: "too_many_requests",
        message: expect.stringContaining("3 requests of this kind") as string,
      });
      expect((await report(quiet.token)).status).toBe(404);
    });

    it("let one cluster's storm of events delay no other", async () => {
      const [storm, quiet] = [await tenant.cluster(), await tenant.cluster()];
      const events = [
        { kind: "ClusterHeartbeat", timestamp: "2026-01-01T00:00:00Z" },
      ];
      const post = (token: string) =>
        agent("/events", token, { body: { events } });
      // Proven, both have a line of their own.
      await Promise.all([post(storm.token), post(quiet.token)]);
      let answered = 0;
      const flood = Array.from({ length: 300 }, async () => {
        const { status } = await post(storm.token);
        answered += 1;
        return status;
      });
      while (gateway.get(Admission).counts.agents.waiting < 100)
        await new Promise((resolve) => setTimeout(resolve, 2));
      const before = answered;
      expect((await post(quiet.token)).status).toBe(204);
      const passed = answered - before;
      const statuses = await Promise.all(flood);
      process.stdout.write(
        `${passed} of 300 of the storm were answered while another cluster waited\n`,
      );
      expect(passed).toBeLessThan(60);
      expect(new Set(statuses)).toEqual(new Set([204]));
    });

    it("refuse what no longer fits in its line", async () => {
      const { token } = await tenant.cluster();
      await agent("/payload-keys", token);
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => agent("/payload-keys", token)),
      );
      const statuses = answers.map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
    });

    it("give every place back", async () => {
      const { token } = await tenant.cluster();
      const gone = new AbortController();
      const calls = Array.from({ length: 20 }, () =>
        fetch(`${gateway.url}/api/agent/payload-keys`, {
          headers: { authorization: `Bearer ${token}` },
          signal: gone.signal,
        }).catch(() => undefined),
      );
      gone.abort();
      await Promise.all(calls);
      const { agents } = gateway.get(Admission).counts;
      while (agents.waiting + agents.working > 0) {
        const now = gateway.get(Admission).counts.agents;
        if (now.waiting + now.working === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect((await agent("/payload-keys", token)).status).toBe(200);
    });
  });

  describe("of failures", () => {
    it("are of one address, and let a right credential pass", async () => {
      const { token } = await tenant.cluster();
      const address = newAddress();
      const statuses = [];
      for (let count = 0; count < 5; count += 1)
        statuses.push((await report("x.y.z", address)).status);
      expect(statuses).toEqual([401, 401, 401, 429, 429]);
      expect((await report(token, address)).status).toBe(404);
      expect((await report("x.y.z")).status).toBe(401);
    });

    it("don't count a credential that was somebody's: an agent that was away is no attack", async () => {
      const { token, id } = await tenant.cluster();
      await gateway.look(
        "update cluster_credentials set revoked_at = now() where cluster_id = $1",
        [id],
      );
      const address = newAddress();
      for (let count = 0; count < 6; count += 1)
        expect((await report(token, address)).status).toBe(401);
    });

    it("are counted for who wrote to the trusted proxy, not for what he says that he is", async () => {
      const address = newAddress();
      for (let count = 0; count < 4; count += 1)
        await report("x.y.z", `203.0.113.${count}, ${address}`);
      expect((await report("x.y.z", address)).status).toBe(429);
      expect((await report("x.y.z", "203.0.113.1")).status).toBe(401);
    });
  });

  it("of registrations are of one address", async () => {
    const address = newAddress();
    const pending = await tenant.addCluster();
    const body = {};
    const register = (token: string, from: string) =>
      agent("/register", token, { body, address: from });
    const wrong = [];
    for (let count = 0; count < 4; count += 1)
      wrong.push((await register("wrong", address)).status);
    expect(wrong).toEqual([401, 401, 401, 429]);
    const token = await tenant.registrationToken(pending.id);
    expect((await register(token, newAddress())).status).toBe(200);
  });

  describe("of Odoo's protocols", () => {
    let key: string;
    let uid: number;

    beforeAll(async () => {
      const users = gateway.get(UserService);
      ({ key } = await users.add({
        login: "ann",
        role: "admin",
        organizationCode: "limits",
      }));
      uid = (await users.authenticate("ann", key))?.number ?? 0;
    });

    const call = (
      service: string,
      method: string,
      args: unknown[],
      address = newAddress(),
    ) =>
      fetch(`${gateway.url}/jsonrpc`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-forwarded-for": address,
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "call",
          params: { service, method, args },
        }),
      });

    it("are told as a fault, with the header Retry-After", async () => {
      const count = () =>
        call("object", "execute", [
          "db",
          uid,
          key,
          "vworkspace.cluster",
          "search_count",
          [],
        ]);
      for (let time = 0; time < 5; time += 1)
        expect(await (await count()).json()).toMatchObject({ result: 0 });
      const refused = await count();
      expect(refused.status).toBe(200);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({
        error: {
          data: {
            message: expect.stringContaining(
              "4 requests of this kind",
            ) as string,
          },
        },
      });
    });

    it("are told over JSON-2 by status 429, the same header and Odoo's body", async () => {
      const { key: busy } = await gateway.get(UserService).add({
        login: "busy",
        role: "admin",
        organizationCode: "limits",
      });
      const count = (address = newAddress()) =>
        fetch(`${gateway.url}/json/2/vworkspace.cluster/search_count`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${busy}`,
            "x-forwarded-for": address,
          },
        });
      const statuses = [];
      for (let time = 0; time < 5; time += 1)
        statuses.push((await count()).status);
      // The first proves the key, and four are counted.
      expect(statuses).toEqual([200, 200, 200, 200, 200]);
      const refused = await count();
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({
        name: "odoo.exceptions.UserError",
        message: expect.stringContaining("4 requests of this kind") as string,
      });
    });

    it("count guesses over JSON-2, too, by their address", async () => {
      const address = newAddress();
      const guess = () =>
        fetch(`${gateway.url}/json/2/vworkspace.cluster/search_count`, {
          method: "POST",
          headers: {
            authorization: "Bearer vw_guessed",
            "x-forwarded-for": address,
          },
        });
      const statuses = [];
      for (let time = 0; time < 5; time += 1)
        statuses.push((await guess()).status);
      expect(statuses).toEqual([401, 401, 401, 429, 429]);
    });

    it("stop guesses, keep them as evidence with address and without what was tried", async () => {
      const address = newAddress();
      const guess = "vw_guessed_guessed_guessed_guessed";
      const authenticate = async (secret: string) => {
        const args = ["db", "ann", secret, {}];
        const response = await call("common", "authenticate", args, address);
        return (await response.json()) as { result?: unknown; error?: unknown };
      };
      for (let count = 0; count < 3; count += 1)
        expect(await authenticate(`${guess}${count}`)).toMatchObject({
          result: false,
        });
      expect((await authenticate(guess)).error).toBeDefined();
      await gateway.get(FailedSignIns).flush();
      const rows = await gateway.look<{ leaf: Buffer; address: string }>(
        `select q.leaf, a.address from audit_queue q
         join audit_addresses a on a.organization_id = q.organization_id
           and a.hash = convert_from(q.leaf, 'UTF8')::jsonb #>> '{from,address_hash}'
         where convert_from(q.leaf, 'UTF8')::jsonb ->> 'action' = 'user.sign_in_failed'`,
      );
      expect(rows.map((row) => row.address)).toEqual([address]);
      const leaf = rows[0]?.leaf.toString() ?? "";
      expect(JSON.parse(leaf)).toMatchObject({ detail: { attempts: 4 } });
      expect(leaf).not.toContain(guess);
      expect(leaf).not.toContain(address);
    });
  });

  it("of assistants are those of Odoo's protocols, and told with status 429", async () => {
    const { key } = await gateway.get(UserService).add({
      login: "assistant",
      role: "reader",
      organizationCode: "limits",
    });
    const ask = () =>
      postMcp(gateway.url, key, message("tools/list"), {
        "x-forwarded-for": newAddress(),
      });
    const statuses = [];
    for (let count = 0; count < 6; count += 1)
      statuses.push((await ask()).status);
    // The first proves the key, and four are counted.
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = await ask();
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: "too_many_requests" });
  });

  it("of time and size end what never comes to an end, while others are served", async () => {
    const { port } = new URL(gateway.url);
    const open = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let answer = "";
        const socket = connect(Number(port), "127.0.0.1", () =>
          socket.write(text),
        );
        socket.on("data", (data) => (answer += data.toString()));
        socket.once("close", () => resolve(answer));
        socket.once("error", reject);
      });
    const start = "POST /api/agent/events HTTP/1.1\r\nhost: gateway\r\n";
    const slow = [
      ...Array.from({ length: 20 }, () => open(start)),
      ...Array.from({ length: 20 }, () =>
        open(`${start}content-length: 1000\r\n\r\n{"events":`),
      ),
    ];
    const huge = await open(`${start}x-fill: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(huge).toMatch(/^HTTP\/1\.1 431 /);
    const { token } = await tenant.cluster();
    expect((await report(token)).status).toBe(404);
    for (const answer of await Promise.all(slow))
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});
