import {
  openTestDatabase,
  type TestDatabase,
  type TestGateway,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { DatabaseHealth } from "../../database/database-health";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import { PresenceService } from "../../fleet/clusters/presence.service";
import { SweepService } from "../sweep/sweep.service";
import { PollService } from "./poll.service";

/** Far longer than any test: what ends a poll here is never its time. */
const LONG_MS = 120_000;

describe("waiting polls", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  const clients = new Set<AbortController>();

  beforeAll(async () => {
    db = await openTestDatabase({ poolSize: 20 });
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    await tenant.allow();
    cluster = await tenant.cluster();
  });

  afterEach(async () => {
    for (const client of clients) client.abort();
    clients.clear();
    await waiting(0);
  });

  const poll = (
    gateway: TestGateway = db,
    { id = cluster, waitMs = LONG_MS } = {},
  ) => {
    const client = new AbortController();
    clients.add(client);
    const answer = gateway.get(PollService).poll(id.principal, {
      waitMs,
      resume: false,
      signal: client.signal,
    });
    return { client, answer };
  };

  /** Resolves once that many polls wait. */
  async function waiting(
    count: number,
    gateway: TestGateway = db,
  ): Promise<void> {
    while (gateway.get(PollService).waiting !== count)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Lets what is under way with the database come to its end. */
  async function quiet(): Promise<void> {
    const health = db.get(DatabaseHealth);
    for (let before = -1; before !== health.queries;) {
      before = health.queries;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  it("are answered as soon as a job is there", async () => {
    const { answer } = poll();
    await waiting(1);
    await tenant.createInstance(cluster.id);
    expect(await answer).toMatchObject([
      { idempotencyKey: "applicationinstance/prod/shop@1" },
    ]);
  });

  it("are answered when the job comes through another replica", async () => {
    const other = await db.openReplica();
    const { answer } = poll(other);
    await waiting(1, other);
    await tenant.createInstance(cluster.id);
    const sweep = setInterval(() => void other.get(SweepService).sweep(), 500);
    expect(await answer).toHaveLength(1);
    clearInterval(sweep);
    await other.close();
  });

  it("get what a lost notification has missed with the next sweep", async () => {
    const { answer } = poll();
    await waiting(1);
    await quiet();
    await db.look(
      `insert into jobs (organization_id, id, cluster_id, kind, payload, idempotency_key, expires_at)
       values ($1, gen_random_uuid(), $2, 'intent', '{}', 'x/1', now() + interval '1 hour')`,
      [tenant.organizationId, cluster.id],
    );
    await db.get(SweepService).sweep();
    expect(await answer).toMatchObject([{ idempotencyKey: "x/1" }]);
  });

  it("with a wait of 0, or at the end of their time, are answered with nothing", async () => {
    expect(await poll(db, { id: cluster, waitMs: 0 }).answer).toEqual([]);
    expect(await poll(db, { id: cluster, waitMs: 1 }).answer).toEqual([]);
  });

  it("are two at most of one cluster, and a third is sent away for a while", async () => {
    poll();
    poll();
    await expect(poll().answer).rejects.toMatchObject({
      code: "too_many_requests",
      retryAfterSeconds: 5,
    });
    const sibling = await tenant.cluster();
    poll(db, { id: sibling, waitMs: LONG_MS });
    await waiting(3);
  });

  it("make room at once when their client goes away, also when it went before they began", async () => {
    const first = poll();
    poll();
    await waiting(2);
    first.client.abort();
    expect(await first.answer).toEqual([]);
    const gone = new AbortController();
    gone.abort();
    const late = db.get(PollService).poll(cluster.principal, {
      waitMs: LONG_MS,
      resume: false,
      signal: gone.signal,
    });
    expect(await late).toEqual([]);
    poll();
    await waiting(2);
  });

  it("send no query while they wait, however many they are", async () => {
    for (let index = 0; index < 10; index += 1) {
      const id = await tenant.cluster();
      poll(db, { id, waitMs: LONG_MS });
    }
    await waiting(10);
    await quiet();
    const health = db.get(DatabaseHealth);
    const before = health.queries;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(health.queries).toBe(before);
  });

  it("cost a sweep the same for one as for many", async () => {
    const health = db.get(DatabaseHealth);
    const cost = async () => {
      await quiet();
      const before = health.queries;
      await db.get(SweepService).sweep();
      return health.queries - before;
    };
    poll();
    await waiting(1);
    const one = await cost();
    for (let index = 0; index < 10; index += 1)
      poll(db, { id: await tenant.cluster(), waitMs: LONG_MS });
    await waiting(11);
    expect(await cost()).toBe(one);
  });

  it("end with 401 when their cluster is revoked, and with 403 when it is disabled", async () => {
    const end = async (how: "revoke" | "disable") => {
      const { answer } = poll();
      await waiting(1);
      await quiet();
      await tenant.in((stores) =>
        db.get(ClusterService)[how](stores, tenant.actor, cluster.id),
      );
      return answer;
    };
    await expect(end("disable")).rejects.toMatchObject({ code: "forbidden" });
    await tenant.in((stores) =>
      db.get(ClusterService).enable(stores, tenant.actor, cluster.id),
    );
    await expect(end("revoke")).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  it("are answered with nothing when the gateway stops, and none waits after that", async () => {
    const replica = await db.openReplica();
    const { answer } = poll(replica);
    await waiting(1, replica);
    replica.get(PollService).beforeApplicationShutdown();
    expect(await answer).toEqual([]);
    expect(await poll(replica).answer).toEqual([]);
    await replica.close();
  });

  it("note that their cluster was heard of, in one statement for all of them", async () => {
    poll();
    const sibling = await tenant.cluster();
    poll(db, { id: sibling, waitMs: LONG_MS });
    await waiting(2);
    await quiet();
    const health = db.get(DatabaseHealth);
    const before = health.queries;
    await db.get(PresenceService).flush();
    expect(health.queries - before).toBe(3);
    const seen = await db.look<{ id: string }>(
      "select cluster_id as id from cluster_presence where organization_id = $1",
      [tenant.organizationId],
    );
    expect(seen.map(({ id }) => id).sort()).toEqual(
      [cluster.id, sibling.id].sort(),
    );
  });
});
