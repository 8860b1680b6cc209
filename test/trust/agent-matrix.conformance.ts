import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { gatewayKey } from "../bad-input/forged-token";
import { type TestCluster, TestTenant } from "../db/test-tenant";
import { ROUTE_BODIES } from "./agent-bodies";
import { type Cast, type Cell, REFUSED_CELLS } from "./agent-cells";
import {
  type ListedGateway,
  type Route,
  startListedGateway,
} from "./listed-gateway";
import { guardOf } from "./route-guards";

jest.setTimeout(120_000);

interface Answer {
  readonly status: number;
  readonly error: string;
  readonly message: string;
}

describe("Every route of the agent API", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let cast: Cast;
  let routes: readonly Route[];
  let cells = 0;

  beforeAll(async () => {
    gateway = await startListedGateway({
      // So that the routes of people are there too; nobody asks the provider for anything.
      VWORKSPACE_PUBLIC_URL: "https://gateway.example.com",
      VWORKSPACE_OIDC_ISSUER: "https://login.example.com",
      VWORKSPACE_OIDC_CLIENT_ID: "gateway",
    });
    tenant = await TestTenant.make(gateway);
    const other = await TestTenant.make(gateway);
    const { key: apiKey } = await gateway.get(UserService).add({
      login: "matrix@example.com",
      role: "admin",
      organizationCode: "matrix",
    });
    const pending = await tenant.addCluster();
    cast = {
      own: await tenant.cluster(),
      sibling: await tenant.cluster(),
      foreign: await other.cluster(),
      apiKey,
      registrationToken: await tenant.registrationToken(pending.id),
      gatewayKey: await gatewayKey(gateway),
    };
    routes = gateway.routes.filter((route) => guardOf(route) === "cluster");
  });

  afterAll(async () => {
    process.stdout.write(
      `matrix of the agent API: ${routes.length} routes, ${cells} cells\n`,
    );
    await gateway.stop();
  });

  async function ask(
    { method, path }: Route,
    authorization: string | undefined,
    cluster = cast.own.code,
  ): Promise<Answer> {
    const body = ROUTE_BODIES[path];
    const target = path.replace(":id", newId());
    const query = method === "GET" ? `?cluster=${cluster}&wait=0` : "";
    const response = await fetch(`${gateway.url}${target}${query}`, {
      method,
      headers: {
        accept: AGENT_MEDIA_TYPE,
        "content-type": AGENT_MEDIA_TYPE,
        ...(authorization !== undefined && { authorization }),
      },
      ...(method === "POST" && body && { body: JSON.stringify(body) }),
    });
    cells += 1;
    const text = await response.text();
    const said = (text === "" ? {} : JSON.parse(text)) as Partial<Answer>;
    const { error = "", message = "" } = said;
    return { status: response.status, error, message };
  }

  async function refusalsOf(cell: Cell): Promise<readonly string[]> {
    const authorization = await cell(cast);
    const answers: string[] = [];
    for (const route of routes) {
      const { status, error } = await ask(route, authorization);
      answers.push(`${route.method} ${route.path} ${status} ${error}`);
    }
    return answers;
  }

  const allAnswered = (answer: string) =>
    routes.map(({ method, path }) => `${method} ${path} ${answer}`);

  it("that the application lists is one whose guard is known here", () => {
    const unknown = gateway.routes.filter((route) => !guardOf(route));
    expect(unknown).toEqual([]);
    expect(routes.length).toBeGreaterThanOrEqual(6);
  });

  it("takes the live credential of its cluster", async () => {
    for (const route of routes) {
      if (route.path.endsWith("/rotate")) continue;
      const { status } = await ask(route, `Bearer ${cast.own.token}`);
      expect([401, 403, 500]).not.toContain(status);
    }
  });

  it.each(Object.entries(REFUSED_CELLS))("refuses %s", async (_, cell) => {
    expect(await refusalsOf(cell)).toEqual(allAnswered("401 unauthenticated"));
  });

  it("refuses a credential whose end is over by the database's clock", async () => {
    const spent = await tenant.cluster();
    await setCredential(spent, "expires_at = now() - interval '1 second'");
    expect(await refusalsOf(() => `Bearer ${spent.token}`)).toEqual(
      allAnswered("401 unauthenticated"),
    );
  });

  it("refuses a credential whose grace is over", async () => {
    const spent = await tenant.cluster();
    await setCredential(spent, "grace_until = now() - interval '1 second'");
    expect(await refusalsOf(() => `Bearer ${spent.token}`)).toEqual(
      allAnswered("401 unauthenticated"),
    );
  });

  it("refuses a revoked cluster with 401, and a disabled one with 403", async () => {
    const order = async (how: "revoke" | "disable") => {
      const cluster = await tenant.cluster();
      await tenant.in((stores) =>
        gateway.get(ClusterService)[how](stores, tenant.actor, cluster.id),
      );
      return refusalsOf(() => `Bearer ${cluster.token}`);
    };
    expect(await order("revoke")).toEqual(allAnswered("401 unauthenticated"));
    expect(await order("disable")).toEqual(allAnswered("403 forbidden"));
  });

  it("says of a foreign cluster what it says of one that isn't there", async () => {
    const poll = routes.find(({ method }) => method === "GET");
    if (poll === undefined) throw new Error("Nothing polls.");
    const bearer = `Bearer ${cast.own.token}`;
    const of = async (cluster: string) => {
      const { message, ...answer } = await ask(poll, bearer, cluster);
      return { ...answer, message: message.replaceAll(cluster, "X") };
    };
    const absent = await of("cluster-never-made");
    expect(absent).toMatchObject({ status: 403, error: "forbidden" });
    expect(await of(cast.sibling.code)).toEqual(absent);
    expect(await of(cast.foreign.code)).toEqual(absent);
  });

  async function setCredential(
    { principal }: TestCluster,
    assignment: string,
  ): Promise<void> {
    await gateway.look(
      `update cluster_credentials set ${assignment} where id = $1`,
      [principal.credentialId],
    );
  }
});
