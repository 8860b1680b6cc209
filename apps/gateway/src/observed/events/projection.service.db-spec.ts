import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { queryCount } from "../../database/sql-transaction";
import { EventService } from "./event.service";

const API = "apps.vworkspace.io/v1alpha1";
const KIND = "ApplicationInstance";

describe("the projection of a batch", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;

  beforeAll(async () => {
    db = await openTestDatabase();
    tenant = await TestTenant.make(db);
    await tenant.allow();
    cluster = await tenant.cluster();
  });

  afterAll(() => db.stop());

  const refOf = (name: string) => ({
    apiVersion: API,
    kind: KIND,
    namespace: "prod",
    name,
    uid: `u-${name}`,
    intentGeneration: 1,
  });
  const transition = (name: string, type: string) => ({
    kind: "ConditionTransition",
    resourceRef: refOf(name),
    conditions: [{ type, status: "True" }],
    timestamp: "2026-01-01T00:00:00Z",
  });
  const snapshot = (names: readonly string[]) => ({
    kind: "ClusterSnapshot",
    resourceRef: {},
    timestamp: "2026-01-01T00:00:01Z",
    snapshot: {
      id: `s-${names.length}`,
      page: 0,
      last: false,
      items: names.map((name) => ({
        resourceRef: refOf(name),
        uid: `u-${name}`,
        intentGeneration: 1,
      })),
    },
  });
  const ingest = (events: readonly unknown[]) =>
    db.get(EventService).ingest(cluster.principal, events);
  /** Of several times the least: what the gateway does by itself meanwhile is counted too. */
  const statementsOf = async (events: readonly unknown[]) => {
    const counts: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      const before = queryCount.total;
      await ingest(events);
      counts.push(queryCount.total - before);
    }
    return Math.min(...counts);
  };
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => `app-${index}`);

  it("takes as many statements for 200 objects as for 2, events or snapshots", async () => {
    await tenant.createInstance(cluster.id, { name: "app-0" });
    const transitions = (count: number) =>
      names(count).map((name) => transition(name, "Ready"));
    await ingest(transitions(200));
    expect(await statementsOf(transitions(200))).toBe(
      await statementsOf(transitions(2)),
    );
    await ingest([snapshot(names(200))]);
    expect(await statementsOf([snapshot(names(200))])).toBe(
      await statementsOf([snapshot(names(2))]),
    );
    const rows = await db.look<{ state: string }>(
      "select state from application_instances where cluster_id = $1",
      [cluster.id],
    );
    expect(rows.map(({ state }) => state)).toEqual(["deploying"]);
    const [count] = await db.look(
      "select count(*)::int as observed from observed_objects where cluster_id = $1",
      [cluster.id],
    );
    expect(count).toEqual({ observed: 200 });
  });

  it("has evidence of every state that an instance went through", async () => {
    const id = await tenant.createInstance(cluster.id, { name: "moody" });
    await ingest([
      transition("moody", "Ready"),
      transition("moody", "Blocked"),
    ]);
    const states = (await tenant.audit())
      .filter(
        ({ action, subject }) =>
          action === "instance.state" && subject.id === id,
      )
      .map(({ detail }) => detail["state"]);
    expect(states).toEqual(["ready", "blocked"]);
  });

  it("keeps one instance's report apart from another's", async () => {
    const [left, right] = [
      await tenant.createInstance(cluster.id, { name: "left" }),
      await tenant.createInstance(cluster.id, { name: "right" }),
    ];
    await ingest([
      transition("left", "Ready"),
      transition("right", "Degraded"),
      transition("stranger", "Blocked"),
    ]);
    const rows = await db.look<{ id: string; state: string }>(
      "select id, state from application_instances where id = any($1::uuid[]) order by name",
      [[left, right]],
    );
    expect(rows).toEqual([
      { id: left, state: "ready" },
      { id: right, state: "degraded" },
    ]);
  });
});
