import type { EventBatchAnswer } from "@vworkspace/contract";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { EventService } from "./event.service";

const TIMESTAMP = "2026-01-01T00:00:00.000Z";

describe("What a cluster may fill", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db?.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.cluster();
  });

  const ingest = (...events: unknown[]): Promise<EventBatchAnswer> =>
    db.get(EventService).ingest(cluster.principal, events);
  const about = (name: string) => ({
    kind: "ConditionTransition",
    resourceRef: { apiVersion: "v1", kind: "Thing", namespace: "n", name },
    conditions: [{ type: "Ready", status: "True" }],
    timestamp: TIMESTAMP,
  });
  const count = async (table: string) => {
    const [row] = await db.look<{ count: number }>(
      `select count(*)::int as count from ${table} where cluster_id = $1`,
      [cluster.id],
    );
    return row?.count;
  };
  /** So many objects as if it had told of them. */
  const filled = (objects: number, present = true) =>
    db.look(
      `insert into observed_objects (organization_id, cluster_id, api_version, kind, namespace, name, uid, present, observed_at)
       select $1, $2, 'v1', 'Thing', 'n', 'filled-' || n, '', $4, now() from generate_series(1, $3::int) n`,
      [tenant.organizationId, cluster.id, objects, present],
    );
  const desired = (name: string) =>
    db.look(
      `insert into desired_objects (organization_id, cluster_id, api_version, kind, namespace, name, generation, action, payload)
       values ($1, $2, 'v1', 'Thing', 'n', $3, 1, 'apply', '{"metadata":{}}')`,
      [tenant.organizationId, cluster.id, name],
    );

  it("is 50,000 objects: one more is refused with the reason, and known ones are followed on", async () => {
    await filled(49_999);
    expect(await ingest(about("a"), about("b"), about("filled-7"))).toEqual({
      accepted: 2,
      duplicates: 0,
      rejected: [
        {
          index: 1,
          reason: expect.stringContaining("50000 objects") as string,
        },
      ],
    });
    expect(await count("observed_objects")).toBe(50_000);
    expect(await count("rejected_events")).toBe(1);
  });

  it("is not what is gone: years of names that came and went keep no new one out", async () => {
    await filled(50_000, false);
    await desired("filled-7");
    const { accepted } = await ingest(about("a"));
    expect(accepted).toBe(1);
    // What was desired there is remembered.
    expect(await count("observed_objects")).toBe(2);
  });

  it("keeps nothing out that the cluster is to have", async () => {
    await filled(50_000);
    await desired("shop");
    const { accepted, rejected } = await ingest(about("shop"), about("b"));
    expect([accepted, rejected.map(({ index }) => index)]).toEqual([1, [1]]);
  });

  it("is 1,000 refused events, the newest", async () => {
    await db.look(
      `insert into rejected_events (organization_id, id, cluster_id, reason, body)
       select $1, gen_random_uuid(), $2, 'old', '' from generate_series(1, 1200) n`,
      [tenant.organizationId, cluster.id],
    );
    await ingest({ kind: "" });
    expect(await count("rejected_events")).toBe(1_000);
  });

  it("is 200 jobs at once when it comes back empty; the sweep issues the rest", async () => {
    await db.look(
      `insert into desired_objects (organization_id, cluster_id, api_version, kind, namespace, name, generation, action, payload)
       select $1, $2, 'v1', 'Thing', 'n', 'wanted-' || n, 1, 'apply', '{"metadata":{}}' from generate_series(1, 250) n`,
      [tenant.organizationId, cluster.id],
    );
    await ingest({
      kind: "ClusterSnapshot",
      resourceRef: { apiVersion: "v1", kind: "Cluster", name: "c" },
      snapshot: { id: "s1", page: 0, last: true, items: [] },
      timestamp: TIMESTAMP,
    });
    expect(await count("jobs")).toBe(200);
    const [planned] = await db.look<{ count: number }>(
      "select count(*)::int as count from desired_objects where cluster_id = $1 and reissue_at <= now()",
      [cluster.id],
    );
    expect(planned?.count).toBe(50);
  });
});
