import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { PollService } from "../../apps/gateway/src/delivery/pull/poll.service";
import {
  openTestDatabase,
  type TestDatabase,
  type TestGateway,
} from "../db/open-test-database";
import { type TestCluster, TestTenant } from "../db/test-tenant";

jest.setTimeout(180_000);

const CLUSTERS = 1_000;
/** Registrations at once, as many as the pool has connections. */
const LANES = 8;
const LONG_MS = 150_000;

/** A poll that waits on one replica, and what has become of it. */
interface Waiting {
  readonly cluster: TestCluster;
  readonly client: AbortController;
  readonly end: Promise<{ readonly code: string; readonly at: number }>;
  isOver: boolean;
}

describe("One of 1,000 clusters that wait on two replicas", () => {
  let db: TestDatabase;
  let replica: TestGateway;
  let tenant: TestTenant;
  let polls: readonly Waiting[];
  let victim: TestCluster;

  beforeAll(async () => {
    db = await openTestDatabase({ poolSize: 10 });
    replica = await db.openReplica({ poolSize: 10 });
    tenant = await TestTenant.make(db);
    const clusters: TestCluster[] = [];
    const lane = async () => {
      while (clusters.length < CLUSTERS) clusters.push(await tenant.cluster());
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    victim = clusters[0] as TestCluster;
    polls = [
      ...clusters.map((cluster, index) =>
        wait(index % 2 === 0 ? db : replica, cluster),
      ),
      wait(replica, victim),
    ];
    await untilWaiting(polls.length);
  });

  afterAll(async () => {
    for (const { client } of polls ?? []) client.abort();
    await Promise.all((polls ?? []).map(({ end }) => end));
    await db?.stop();
  });

  function wait(gateway: TestGateway, cluster: TestCluster): Waiting {
    const client = new AbortController();
    const waiting: Waiting = {
      cluster,
      client,
      isOver: false,
      end: gateway
        .get(PollService)
        .poll(cluster.principal, {
          waitMs: LONG_MS,
          resume: false,
          signal: client.signal,
        })
        .then(
          () => "answered",
          (error: unknown) => (error as { code?: string }).code ?? "failed",
        )
        .then((code) => {
          waiting.isOver = true;
          return { code, at: performance.now() };
        }),
    };
    return waiting;
  }

  async function untilWaiting(count: number): Promise<void> {
    const waitingNow = () =>
      db.get(PollService).waiting + replica.get(PollService).waiting;
    while (waitingNow() < count)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it("is refused on both once it is revoked, and no other notices", async () => {
    await tenant.in((stores) =>
      db.get(ClusterService).revoke(stores, tenant.actor, victim.id),
    );
    const revokedAt = performance.now();
    const own = polls.filter(({ cluster }) => cluster.id === victim.id);
    const ends = await Promise.all(own.map(({ end }) => end));
    expect(ends.map(({ code }) => code)).toEqual([
      "unauthenticated",
      "unauthenticated",
    ]);
    const late = Math.max(...ends.map(({ at }) => at - revokedAt));
    const others = polls.filter(({ cluster }) => cluster.id !== victim.id);
    expect(others.filter(({ isOver }) => isOver)).toEqual([]);
    process.stdout.write(
      `revocation: ${polls.length} waiting polls on 2 replicas, the revoked cluster's were refused after ${Math.round(late)} ms\n`,
    );
    await tenant.allow();
    const next = others[500] as Waiting;
    await tenant.createInstance(next.cluster.id);
    expect((await next.end).code).toBe("answered");
  });
});
