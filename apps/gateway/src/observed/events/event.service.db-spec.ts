import type { EventBatchAnswer } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { DeliveryService } from "../../delivery/delivery.service";
import { JobService } from "../../delivery/jobs/job.service";
import { EventService } from "./event.service";

const API = "apps.vworkspace.io/v1alpha1";
const KIND = "ApplicationInstance";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

describe("events of clusters", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    await tenant.allow();
    cluster = await tenant.cluster();
  });

  const ingest = (...events: unknown[]): Promise<EventBatchAnswer> =>
    db.get(EventService).ingest(cluster.principal, events);
  const at = (seconds: number) =>
    new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const transition = (
    conditions: readonly Condition[],
    more: Readonly<Record<string, unknown>> = {},
  ) => {
    const { resourceRef = {}, ...rest } = more;
    return {
      kind: "ConditionTransition",
      resourceRef: {
        apiVersion: API,
        kind: KIND,
        namespace: "prod",
        name: "shop",
        uid: "u-1",
        intentGeneration: 1,
        ...(resourceRef as object),
      },
      conditions,
      timestamp: at(0),
      ...rest,
    };
  };
  const ready = (status: string, message = "") => ({
    type: "Ready",
    status,
    message,
  });
  const instance = async () => {
    const [row] = await db.look<{
      state: string;
      generation: string;
      conditions: Condition[];
    }>(
      "select state, generation, conditions from application_instances where cluster_id = $1 order by id desc",
      [cluster.id],
    );
    return row;
  };
  const stored = async () =>
    db.look<{ kind: string }>(
      "select kind from events where cluster_id = $1 order by id",
      [cluster.id],
    );

  describe("taken in", () => {
    it("are stored and projected onto the instance that they are about", async () => {
      await tenant.createInstance(cluster.id);
      expect(await ingest(transition([ready("True")]))).toEqual({
        accepted: 1,
        duplicates: 0,
        rejected: [],
      });
      expect(await instance()).toMatchObject({
        state: "ready",
        conditions: [{ type: "Ready", status: "True" }],
      });
      expect(await tenant.auditActions()).toContain("instance.state");
    });

    it("show a person where a condition stands, not where in the stream it came", async () => {
      await tenant.createInstance(cluster.id);
      await ingest(transition([ready("True")], { session: "s", sequence: 1 }));
      expect(Object.keys((await instance())?.conditions[0] ?? {})).toEqual(
        expect.not.arrayContaining(["position"]),
      );
    });

    it("are a repeat only with the same key at the same time, in one batch or in two", async () => {
      const event = transition([], { eventKey: "key" });
      expect(await ingest(event, event)).toMatchObject({
        accepted: 1,
        duplicates: 1,
      });
      expect(await ingest(event)).toMatchObject({ duplicates: 1 });
      expect(await ingest({ ...event, timestamp: at(1) })).toMatchObject({
        accepted: 1,
      });
      expect(await stored()).toHaveLength(2);
    });

    it("tell repeats apart to the microsecond, in any notation", async () => {
      const event = (timestamp: string) =>
        transition([], { eventKey: "key", timestamp });
      const answer = await ingest(
        event("2026-01-01T00:00:00.123456789Z"),
        event("2026-01-01T00:00:00.123999999Z"),
        event("2026-01-01T00:00:00.123Z"),
        event("2026-01-01T01:00:00.123+01:00"),
      );
      expect(answer).toMatchObject({ accepted: 3, duplicates: 1 });
    });

    it("are no repeats of another cluster's", async () => {
      const event = transition([], { eventKey: "key" });
      await ingest(event);
      cluster = await tenant.cluster();
      expect(await ingest(event)).toMatchObject({ accepted: 1 });
    });

    it("are stored once when a batch is sent twice at the same time", async () => {
      const batch = Array.from({ length: 30 }, (_, index) =>
        transition([ready("True")], {
          eventKey: `key-${index}`,
          resourceRef: { name: `shop-${index % 7}` },
        }),
      );
      const answers = await Promise.all([
        ingest(...batch),
        ingest(...[...batch].reverse()),
        ingest(...batch),
      ]);
      const accepted = answers.map((answer) => answer.accepted);
      expect([...accepted].sort((a, b) => a - b)).toEqual([0, 0, 30]);
      expect(await stored()).toHaveLength(30);
    });

    it("of an unknown kind are stored all the same", async () => {
      await ingest({ ...transition([]), kind: "SomethingNew" });
      expect(await stored()).toEqual([{ kind: "SomethingNew" }]);
    });
  });

  describe("that are bad", () => {
    const withText = (text: string) => [
      { ...transition([]), eventKey: text },
      { ...transition([]), kind: `x${text}` },
      transition([], { resourceRef: { name: text } }),
      transition([ready("True", text)]),
      { ...transition([]), more: { deep: [{ [`k${text}`]: 1 }] } },
    ];

    it.each([
      ["U+0000", "\u0000"],
      ["half a surrogate pair", "\ud83d"],
    ])(
      "for holding %s anywhere are kept aside, and the rest of the batch is stored",
      async (_, text) => {
        const bad = withText(text);
        const answer = await ingest(...bad, transition([], { eventKey: "ok" }));
        expect(answer.accepted).toBe(1);
        expect(answer.rejected.map(({ index }) => index)).toEqual(
          bad.map((_, index) => index),
        );
        const kept = await db.look<{ reason: string }>(
          "select reason from rejected_events where cluster_id = $1",
          [cluster.id],
        );
        expect(kept).toHaveLength(bad.length);
        expect(kept[0]?.reason).toContain("U+0000 or a lone surrogate");
      },
    );

    it.each([
      "0000-01-01T00:00:00Z",
      "9999-12-31T23:59:59-12:00",
      "2026-02-30T00:00:00Z",
      "yesterday",
      "",
    ])("for the time %p are kept aside", async (timestamp) => {
      const answer = await ingest(
        transition([ready("True")], { timestamp }),
        transition([]),
      );
      expect(answer).toMatchObject({
        accepted: 1,
        rejected: [
          { index: 0, reason: expect.stringMatching(/^timestamp/) as string },
        ],
      });
    });

    it("are so in any shape that JSON has", async () => {
      const answer = await ingest(null, 1, "x", [], {}, true);
      expect(answer).toMatchObject({ accepted: 0 });
      expect(answer.rejected).toHaveLength(6);
    });

    it("are not those whose offset or text only looks too much", async () => {
      const long = `${"x".repeat(4095)}\u{1F600} and more`;
      const answer = await ingest(
        transition([ready("True", long)], {
          timestamp: "2026-01-01T00:00:00+18:00",
        }),
      );
      expect(answer).toMatchObject({ accepted: 1, rejected: [] });
    });
  });

  describe("in their order", () => {
    beforeEach(() => tenant.createInstance(cluster.id));

    it("go by session and sequence where they have them, whatever the clock says", async () => {
      const sessions = [newId(), newId()];
      const event = (
        status: string,
        place: readonly [string | undefined, number, number],
      ) =>
        transition([ready(status)], {
          session: place[0],
          sequence: place[1],
          timestamp: at(place[2]),
        });
      await ingest(event("True", [sessions[0], 5, 0]));
      await ingest(event("False", [sessions[0], 4, 60]));
      expect((await instance())?.state).toBe("ready");
      await ingest(event("False", [sessions[1], 0, -60]));
      expect((await instance())?.state).toBe("deploying");
    });

    it("go by time else, per type", async () => {
      await ingest(transition([ready("True")], { timestamp: at(10) }));
      await ingest(
        transition([ready("False"), { type: "Degraded", status: "True" }], {
          timestamp: at(5),
        }),
      );
      expect((await instance())?.conditions).toMatchObject([
        { type: "Ready", status: "True" },
        { type: "Degraded", status: "True" },
      ]);
    });

    it("can't be pinned by a clock that is ahead", async () => {
      await ingest(
        transition([ready("True")], { timestamp: "2999-01-01T00:00:00Z" }),
      );
      await ingest(
        transition([ready("False")], { timestamp: new Date().toISOString() }),
      );
      expect((await instance())?.state).toBe("deploying");
    });

    it("of another uid replace everything when newer, and change nothing when older", async () => {
      const other = (seconds: number) =>
        transition([{ type: "Blocked", status: "True" }], {
          resourceRef: { uid: "u-2" },
          timestamp: at(seconds),
        });
      await ingest(transition([ready("True")], { timestamp: at(10) }));
      await ingest(other(5));
      expect((await instance())?.state).toBe("ready");
      await ingest(other(15));
      expect(await instance()).toMatchObject({
        state: "blocked",
        conditions: [{ type: "Blocked" }],
      });
    });

    it("say nothing of an intent that is newer than what they are about", async () => {
      await ingest(
        transition([ready("True")], { resourceRef: { intentGeneration: 0 } }),
      );
      expect((await instance())?.state).toBe("deploying");
    });
  });

  describe("about the cluster itself", () => {
    const own = { apiVersion: "ops.vworkspace.io/v1alpha1", kind: "Cluster" };
    const facts = async () => {
      const [row] = await db.look<{
        conditions: Condition[];
        agent_version: string;
      }>("select conditions, agent_version from clusters where id = $1", [
        cluster.id,
      ]);
      return row;
    };

    it("are merged by type, and of two of one type the last counts", async () => {
      const about = (conditions: Condition[]) => ({
        kind: "ConditionTransition",
        resourceRef: { ...own, name: "cluster" },
        conditions,
        timestamp: at(0),
      });
      await ingest(
        about([
          { type: "Connected", status: "False" },
          { type: "Connected", status: "True" },
        ]),
      );
      await ingest(about([{ type: "Authenticated", status: "True" }]));
      expect((await facts())?.conditions).toMatchObject([
        { type: "Authenticated", status: "True" },
        { type: "Connected", status: "True" },
      ]);
    });

    it("are not those about a Cluster of another project", async () => {
      await ingest({
        kind: "ConditionTransition",
        resourceRef: {
          apiVersion: "postgresql.cnpg.io/v1",
          kind: "Cluster",
          name: "db",
        },
        conditions: [ready("False")],
        timestamp: at(0),
      });
      expect((await facts())?.conditions).toEqual([]);
    });

    it("come with heartbeats, which are kept nowhere else", async () => {
      await ingest({
        kind: "ClusterHeartbeat",
        resourceRef: { ...own, name: "cluster" },
        agentVersion: "1.2.3",
        timestamp: at(0),
      });
      expect((await facts())?.agent_version).toBe("1.2.3");
      expect(await stored()).toEqual([]);
    });
  });

  describe("of snapshots", () => {
    interface Item {
      readonly name?: string;
      readonly uid?: string;
      readonly intentGeneration?: number;
      readonly specDigest?: string;
      readonly conditions?: readonly Condition[];
    }
    const item = ({ name = "shop", uid = "u-1", ...rest }: Item) => ({
      resourceRef: { apiVersion: API, kind: KIND, namespace: "prod", name },
      uid,
      ...rest,
    });
    const page = (
      items: readonly Item[],
      more: Readonly<Record<string, unknown>> = {},
    ) => {
      // Set back to the gateway's clock: taken just now, after all that was settled before.
      const { timestamp = "2999-01-01T00:00:00Z", ...rest } = more;
      return {
        kind: "ClusterSnapshot",
        resourceRef: {},
        timestamp,
        snapshot: {
          id: newId(),
          page: 0,
          last: true,
          items: items.map(item),
          ...rest,
        },
      };
    };
    const claim = () => db.get(JobService).claim(cluster.principal, false);
    const settleAll = async () => {
      for (const { id } of await claim())
        await db.get(JobService).settle(cluster.principal, id, {
          outcome: "succeeded",
          timestamp: at(0),
        });
    };
    const generation = async () => Number((await instance())?.generation);

    beforeEach(async () => {
      await tenant.createInstance(cluster.id);
      await settleAll();
    });

    it("that show what is desired cause nothing", async () => {
      await ingest(
        page([{ intentGeneration: 1, conditions: [ready("True")] }]),
      );
      expect(await claim()).toEqual([]);
      expect((await instance())?.state).toBe("ready");
    });

    it("that miss an object mark it as absent and have it issued again", async () => {
      await ingest(transition([ready("True")]));
      await ingest(page([]));
      expect(await claim()).toMatchObject([
        { kind: "apply", idempotencyKey: "applicationinstance/prod/shop@2" },
      ]);
      expect(await instance()).toMatchObject({
        state: "deploying",
        generation: "2",
        conditions: [],
      });
    });

    it("wait for the last page before anything is missing", async () => {
      await ingest(transition([ready("True")]));
      const id = newId();
      await ingest(page([], { id, last: false }));
      expect(await claim()).toEqual([]);
      await ingest(page([{ intentGeneration: 1 }], { id, page: 1 }));
      expect(await claim()).toEqual([]);
    });

    it("that show an older generation have the newest issued again, as after a restore of the cluster", async () => {
      await ingest(
        transition([ready("True")], { resourceRef: { intentGeneration: 1 } }),
      );
      await db.look(
        "update desired_objects set generation = 4, settled_generation = 4 where cluster_id = $1",
        [cluster.id],
      );
      await ingest(page([{ intentGeneration: 3 }]));
      expect(await generation()).toBe(5);
    });

    it("see a stamp go down as well as up", async () => {
      await db.look(
        "update desired_objects set generation = 4 where cluster_id = $1",
        [cluster.id],
      );
      await ingest(page([{ intentGeneration: 4 }]));
      expect(await claim()).toEqual([]);
      await ingest(page([{ intentGeneration: 2 }]));
      expect(await claim()).toHaveLength(1);
    });

    it("that show another spec under the same generation have it issued again, once", async () => {
      const show = (specDigest: string, intentGeneration: number) =>
        ingest(page([{ intentGeneration, specDigest }]));
      await show("sha256:a", 1);
      expect(await claim()).toEqual([]);
      await show("sha256:b", 1);
      expect(await generation()).toBe(2);
      await settleAll();
      await show("sha256:b", 2);
      await show("sha256:b", 2);
      expect(await claim()).toEqual([]);
    });

    it("leave alone what was settled after they were taken: they waited for the gateway to come back", async () => {
      const timestamp = new Date(Date.now() - 60_000).toISOString();
      await ingest(page([], { timestamp }));
      expect(await claim()).toEqual([]);
      await ingest(page([]));
      expect(await claim()).toHaveLength(1);
    });

    it("tell of a restored gateway also when something was settled after they were taken", async () => {
      const timestamp = new Date(Date.now() - 60_000).toISOString();
      await ingest(page([{ intentGeneration: 41 }], { timestamp }));
      expect(await generation()).toBe(42);
    });

    it("that claim a stamp which nobody issues don't use up the generations of the object", async () => {
      const highest = Number.MAX_SAFE_INTEGER;
      const stamp = { resourceRef: { intentGeneration: highest } };
      await ingest(transition([ready("True")], stamp));
      await ingest(page([{ intentGeneration: highest }]));
      expect(await generation()).toBe(2);
      await ingest(
        page([{ name: "new", uid: "u-9", intentGeneration: highest }]),
      );
      await tenant.createInstance(cluster.id, { name: "new" });
      expect((await claim()).map((job) => job.idempotencyKey)).toContain(
        "applicationinstance/prod/new@1",
      );
      expect(await tenant.auditActions()).not.toContain(
        "delivery.restore_detected",
      );
    });

    it("leave alone what an open job is about", async () => {
      await tenant.createInstance(cluster.id, { name: "new" });
      await ingest(page([{ intentGeneration: 1 }]));
      expect(await claim()).toMatchObject([
        { idempotencyKey: "applicationinstance/prod/new@1" },
      ]);
    });

    it("that show a higher stamp raise the counter above it: the gateway was restored", async () => {
      await ingest(page([{ intentGeneration: 41 }]));
      expect(await generation()).toBe(42);
      const restored = (await tenant.audit()).filter(
        ({ action }) => action === "delivery.restore_detected",
      );
      expect(restored).toMatchObject([{ detail: { seen: 41, expected: 1 } }]);
    });

    it("raise the counter of what the restored gateway never heard of, once somebody wants it", async () => {
      await ingest(
        page([
          { intentGeneration: 1 },
          { name: "forgotten", uid: "u-9", intentGeneration: 7 },
        ]),
      );
      await tenant.createInstance(cluster.id, { name: "forgotten" });
      expect(await claim()).toMatchObject([
        { idempotencyKey: "applicationinstance/prod/forgotten@8" },
      ]);
      expect(await tenant.auditActions()).toContain(
        "delivery.restore_detected",
      );
    });

    it("replace what was known: conditions that are gone don't stay", async () => {
      await ingest(
        transition([ready("True"), { type: "Degraded", status: "True" }]),
      );
      expect((await instance())?.state).toBe("degraded");
      await ingest(
        page([{ intentGeneration: 1, conditions: [ready("True")] }]),
      );
      expect((await instance())?.state).toBe("ready");
    });

    it("are not undone by what was reported before them", async () => {
      await ingest(transition([ready("True")]));
      await ingest(page([]));
      await ingest(transition([ready("True")], { timestamp: at(1) }));
      const [row] = await db.look(
        "select present from observed_objects where cluster_id = $1",
        [cluster.id],
      );
      expect(row).toEqual({ present: false });
    });

    it("that still show what is to be gone have its delete issued again", async () => {
      await tenant.in((stores) =>
        db.get(DeliveryService).deliver(stores, tenant.organizationId, {
          object: {
            clusterId: cluster.id,
            apiVersion: API,
            kind: KIND,
            namespace: "prod",
            name: "shop",
          },
          action: "delete",
          manifest: {},
        }),
      );
      await settleAll();
      await ingest(page([]));
      expect(await claim()).toEqual([]);
      await ingest(page([{ intentGeneration: 1 }]));
      expect(await claim()).toMatchObject([{ kind: "delete" }]);
    });

    it("and changes at the same time end in one order", async () => {
      await Promise.all([
        ...Array.from({ length: 6 }, () => ingest(page([]))),
        ...Array.from({ length: 6 }, (_, index) =>
          ingest(transition([ready("True")], { timestamp: at(index) })),
        ),
        ...Array.from({ length: 6 }, (_, index) =>
          tenant.createInstance(cluster.id, { name: `more-${index}` }),
        ),
      ]);
      const open = await db.look<{ count: number }>(
        "select count(*)::int as count from jobs where cluster_id = $1 group by name having count(*) > 1",
        [cluster.id],
      );
      expect(open).toEqual([]);
    });
  });
});
