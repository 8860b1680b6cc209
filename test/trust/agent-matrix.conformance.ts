import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import { JobService } from "../../apps/gateway/src/delivery/jobs/job.service";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { ApprovalClaims } from "../../apps/gateway/src/trust/approvals/approval-claims.service";
import { PayloadKeyService } from "../../apps/gateway/src/trust/payload-keys/payload-key.service";
import { gatewayKey } from "../bad-input/forged-token";
import { type TestCluster, TestTenant } from "../db/test-tenant";
import { ROUTE_BODIES } from "./agent-bodies";
import { type Cast, type Cell, REFUSED_CELLS } from "./agent-cells";
import {
  type ListedGateway,
  type Route,
  startListedGateway,
} from "./listed-gateway";
import { type Refusal, refusalIn } from "./refusal";
import { guardOf } from "./route-guards";

jest.setTimeout(120_000);

interface Answer extends Refusal {
  readonly status: number;
}

describe("Every route of the agent API", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let other: TestTenant;
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
    other = await TestTenant.make(gateway);
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
      payloadKeySet: await gateway.get(PayloadKeyService).keySet(),
      approval: await approvalBy(gateway),
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
    { cluster = cast.own.code, jobId = newId() } = {},
  ): Promise<Answer> {
    const body = ROUTE_BODIES[path];
    const target = path.replace(":id", jobId);
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
    const refusal = refusalIn(await response.text());
    return { status: response.status, ...refusal };
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

  it.each(["dpop", "mtls"])(
    "refuses a token that is bound to nothing where the mode is %s",
    async (mode) => {
      const { id, token } = await tenant.cluster();
      await gateway.look("update clusters set token_mode = $2 where id = $1", [
        id,
        mode,
      ]);
      expect(await refusalsOf(() => `Bearer ${token}`)).toEqual(
        allAnswered("401 unauthenticated"),
      );
    },
  );

  it("says of a job of a sibling or of another organization, open or settled, what it says of one that isn't there", async () => {
    const ofJobs = routes.filter(({ path }) => path.includes(":id"));
    expect(ofJobs.length).toBeGreaterThanOrEqual(3);
    await tenant.allow();
    await other.allow();
    const strangers = [
      await jobOf(tenant, cast.sibling, "open"),
      await jobOf(tenant, await tenant.cluster(), "settled"),
      await jobOf(other, cast.foreign, "open"),
      await jobOf(other, await other.cluster(), "settled"),
    ];
    const bearer = `Bearer ${cast.own.token}`;
    for (const route of ofJobs) {
      const absent = await ask(route, bearer);
      expect(absent).toMatchObject({ status: 404, error: "not_found" });
      for (const jobId of strangers)
        expect([
          route.path,
          jobId,
          await ask(route, bearer, { jobId }),
        ]).toEqual([route.path, jobId, absent]);
    }
  });

  /** The id of a job that a cluster got. */
  async function jobOf(
    owner: TestTenant,
    cluster: TestCluster,
    end: "open" | "settled",
  ): Promise<string> {
    const jobs = gateway.get(JobService);
    await owner.createInstance(cluster.id);
    const [job] = await jobs.claim(cluster.principal, false);
    if (!job) throw new Error("The cluster got no job.");
    if (end === "settled")
      await jobs.settle(cluster.principal, job.id, {
        outcome: "succeeded",
        timestamp: new Date().toISOString(),
      });
    return job.id;
  }

  it("says of a foreign cluster what it says of one that isn't there", async () => {
    const poll = routes.find(({ method }) => method === "GET");
    if (poll === undefined) throw new Error("Nothing polls.");
    const bearer = `Bearer ${cast.own.token}`;
    const of = async (cluster: string) => {
      const { message, ...answer } = await ask(poll, bearer, { cluster });
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

describe("The route of registration", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let cells = 0;

  beforeAll(async () => {
    gateway = await startListedGateway();
    tenant = await TestTenant.make(gateway);
  });

  afterAll(async () => {
    process.stdout.write(`matrix of the registration: ${cells} cells\n`);
    await gateway.stop();
  });

  /** With the token in the header, then in the body. */
  async function register(
    token: string | undefined,
    body: object = {},
  ): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const [authorization, added] of [
      [`Bearer ${token}`, {}],
      [undefined, { registrationToken: token }],
    ] as const) {
      const response = await fetch(`${gateway.url}/api/agent/register`, {
        method: "POST",
        headers: {
          accept: AGENT_MEDIA_TYPE,
          "content-type": AGENT_MEDIA_TYPE,
          ...(token !== undefined && authorization && { authorization }),
        },
        body: JSON.stringify({ ...body, ...added }),
      });
      cells += 1;
      const refusal = refusalIn(await response.text());
      answers.push({ status: response.status, ...refusal });
    }
    return answers;
  }

  const issued = async () => {
    const { id, code } = await tenant.addCluster();
    return { id, code, token: await tenant.registrationToken(id) };
  };

  const order = (how: "revoke" | "disable" | "enable", id: string) =>
    tenant.in((stores) =>
      gateway.get(ClusterService)[how](stores, tenant.actor, id),
    );

  const REFUSED: Readonly<
    Record<string, () => Promise<string | undefined> | string | undefined>
  > = {
    "no token": () => undefined,
    "an empty one": () => "",
    "one that was never issued": () => "vwr_never-issued",
    "one that is too long": () => "x".repeat(900),
    "half of one": async () => (await issued()).token.slice(0, -10),
    "one in other letters": async () => (await issued()).token.toUpperCase(),
    "one that has ended": async () => {
      const { id, token } = await issued();
      await gateway.look(
        "update registration_tokens set expires_at = now() - interval '1 second' where cluster_id = $1",
        [id],
      );
      return token;
    },
    "one that was used": async () => {
      const { token } = await issued();
      await register(token);
      return token;
    },
    "a cluster's own token": async () => (await tenant.cluster()).token,
    "one of a revoked cluster": async () => {
      const { id, token } = await issued();
      await order("revoke", id);
      return token;
    },
  };

  it.each(Object.entries(REFUSED))("refuses %s", async (_, tokenOf) => {
    const answers = await register(await tokenOf());
    expect(answers.map(({ status, error }) => `${status} ${error}`)).toEqual([
      "401 unauthenticated",
      "401 unauthenticated",
    ]);
  });

  it("refuses one while its cluster is disabled, and takes it afterwards", async () => {
    const { id, token } = await issued();
    const statuses = async () =>
      (await register(token)).map(({ status }) => status);
    await order("disable", id);
    expect(await statuses()).toEqual([401, 401]);
    await order("enable", id);
    expect(await statuses()).toEqual([200, 401]);
  });

  it("says of a foreign cluster's id what it says of one that isn't there", async () => {
    const { token } = await issued();
    const foreign = await TestTenant.make(gateway);
    const said = async (clusterId: string) =>
      (await register(token, { clusterId })).map(({ message, ...answer }) => ({
        ...answer,
        message: message.replaceAll(clusterId, "X"),
      }));
    const absent = await said("cluster-never-made");
    expect(absent[0]).toMatchObject({ status: 403, error: "forbidden" });
    expect(await said((await issued()).code)).toEqual(absent);
    expect(await said((await foreign.addCluster()).code)).toEqual(absent);
  });
});

async function approvalBy(gateway: ListedGateway): Promise<string> {
  const { claim } = await gateway.get(ApprovalClaims).sign({
    operationId: newId(),
    clusterCode: "any",
    namespace: "shop",
    name: "nightly",
    spec: {},
    approver: "bea",
    requester: "ann",
    amr: "key",
    expiresInSeconds: 60,
  });
  return claim;
}
