import type { ResultReport } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import { DeliveryService } from "../delivery.service";
import type { DesiredAction } from "../domain/desired-object";
import { SweepService } from "../sweep/sweep.service";
import { JobService } from "./job.service";

const now = () => new Date().toISOString();
const DONE: ResultReport = { outcome: "succeeded", timestamp: now() };
const STATUS = { phase: "Installing", timestamp: now() };

describe("the life of a job", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let jobs: JobService;

  beforeAll(async () => {
    db = await openTestDatabase();
    jobs = db.get(JobService);
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.cluster();
  });

  const object = (name: string) => ({
    clusterId: cluster.id,
    apiVersion: "v1",
    kind: "ConfigMap",
    namespace: "prod",
    name,
  });
  const issue = (name: string, action: DesiredAction = "apply") =>
    tenant.in((stores) =>
      db.get(DeliveryService).deliver(stores, tenant.organizationId, {
        object: object(name),
        action,
        manifest:
          action === "apply" ? { apiVersion: "v1", kind: "ConfigMap" } : {},
      }),
    );
  const claim = (resume = false) => jobs.claim(cluster.principal, resume);
  const claimOne = async (resume = false) => {
    const [job] = await claim(resume);
    if (!job) throw new Error("There is no job to claim.");
    return job;
  };
  const keys = async () =>
    (await claim()).map(({ idempotencyKey }) => idempotencyKey);
  const shift = (id: string, column: string, by: string) =>
    db.look(
      `update jobs set ${column} = clock_timestamp() + interval '${by}' where id = $1`,
      [id],
    );
  const settledJobs = () =>
    db.look<{ state: string; error: string | null; generation: string }>(
      "select state, error, generation from settled_jobs where cluster_id = $1 order by id",
      [cluster.id],
    );

  describe("offered", () => {
    it("comes oldest first, at most 50 at a time, and again until it is acked", async () => {
      for (let index = 0; index < 51; index += 1) await issue(`a-${index}`);
      const first = await claim();
      expect(first.map(({ idempotencyKey }) => idempotencyKey)).toEqual(
        Array.from({ length: 50 }, (_, index) => `configmap/prod/a-${index}@1`),
      );
      const again = await claim();
      expect(again.map(({ id, attempt }) => ({ id, attempt }))).toEqual(
        first.map(({ id }) => ({ id, attempt: 1 })),
      );
    });

    it("is not offered to a cluster of another organization, nor to another cluster of the same one", async () => {
      await issue("a");
      const foreign = await (await TestTenant.make(db)).cluster();
      const sibling = await tenant.cluster();
      expect(await jobs.claim(foreign.principal, false)).toEqual([]);
      expect(await jobs.claim(sibling.principal, false)).toEqual([]);
    });

    it("is passed over while another poll of the cluster is taking it, without waiting for that", async () => {
      await issue("a");
      await db.look("begin");
      try {
        await db.look("select 1 from jobs where cluster_id = $1 for update", [
          cluster.id,
        ]);
        await issue("b");
        expect(await keys()).toEqual(["configmap/prod/b@1"]);
      } finally {
        await db.look("rollback");
      }
      expect(await keys()).toHaveLength(2);
    });

    it("stays on its first attempt, however many polls come at once", async () => {
      for (let index = 0; index < 20; index += 1) await issue(`a-${index}`);
      const offers = await Promise.all(
        Array.from({ length: 8 }, () => claim()),
      );
      const attempts = offers.flat().map(({ attempt }) => attempt);
      expect(new Set(attempts)).toEqual(new Set([1]));
      expect(new Set(offers.flat().map(({ id }) => id)).size).toBe(20);
    });

    it("is offered no more to a revoked credential, and nothing tells it so but the query", async () => {
      await issue("a");
      await db.look(
        "update cluster_credentials set revoked_at = now() where cluster_id = $1",
        [cluster.id],
      );
      expect(await claim()).toEqual([]);
    });

    it.each(["revoked", "disabled"])(
      "is not offered to a cluster that is %s",
      async (state) => {
        await issue("a");
        await db.look("update clusters set state = $2 where id = $1", [
          cluster.id,
          state,
        ]);
        expect(await claim()).toEqual([]);
      },
    );

    it("carries the generation on the object, for agents that count none", async () => {
      await issue("a");
      expect(await claimOne()).toMatchObject({
        kind: "apply",
        payload: {
          metadata: { annotations: { "vworkspace.io/intent-generation": "1" } },
        },
      });
    });
  });

  describe("acked", () => {
    it("is not offered again while its lease runs, and with the next attempt once it has lapsed", async () => {
      await issue("a");
      const job = await claimOne();
      await jobs.ack(cluster.principal, job.id);
      expect(await claim()).toEqual([]);
      await shift(job.id, "lease_until", "-1 second");
      expect(await claimOne()).toMatchObject({ id: job.id, attempt: 2 });
    });

    it("is offered at once to a new process that resumes", async () => {
      await issue("a");
      const job = await claimOne();
      await jobs.ack(cluster.principal, job.id);
      expect(await claimOne(true)).toMatchObject({ id: job.id, attempt: 2 });
    });

    it("keeps its lease by reports", async () => {
      await issue("a");
      const job = await claimOne();
      await jobs.ack(cluster.principal, job.id);
      await shift(job.id, "lease_until", "-1 second");
      await jobs.report(cluster.principal, job.id, STATUS);
      expect(await claim()).toEqual([]);
    });

    it("may be acked twice, and no more once it is closed", async () => {
      await issue("a");
      const { id } = await claimOne();
      await jobs.ack(cluster.principal, id);
      await jobs.ack(cluster.principal, id);
      await jobs.settle(cluster.principal, id, DONE);
      await expect(jobs.ack(cluster.principal, id)).rejects.toMatchObject({
        code: "already_settled",
      });
    });
  });

  describe("settled", () => {
    it("answers everything that follows with a conflict, and the first result stands", async () => {
      await issue("a");
      const { id } = await claimOne();
      await jobs.settle(cluster.principal, id, DONE);
      const late: ResultReport = {
        outcome: "failed",
        error: "late",
        timestamp: now(),
      };
      await expect(
        jobs.settle(cluster.principal, id, late),
      ).rejects.toMatchObject({ code: "already_settled" });
      await expect(
        jobs.report(cluster.principal, id, STATUS),
      ).rejects.toMatchObject({ code: "already_settled" });
      expect(await settledJobs()).toEqual([
        { state: "succeeded", error: null, generation: "1" },
      ]);
    });

    it("is unknown to another cluster exactly as a job that never was", async () => {
      await issue("a");
      const { id } = await claimOne();
      const other = await tenant.cluster();
      const answers: string[] = [];
      for (const unknown of [id, newId(), "no-uuid"])
        await jobs
          .settle(other.principal, unknown, DONE)
          .catch((error: Error & { code: string }) =>
            answers.push(`${error.code} ${error.message}`),
          );
      expect(answers).toHaveLength(3);
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toMatch(/^not_found/);
    });

    it("moves exactly once, whoever settles it at once, with one audit entry", async () => {
      await issue("a");
      const { id } = await claimOne();
      const answers = await Promise.allSettled(
        Array.from({ length: 20 }, () =>
          jobs.settle(cluster.principal, id, DONE),
        ),
      );
      const done = answers.filter(({ status }) => status === "fulfilled");
      expect(done).toHaveLength(1);
      expect(await settledJobs()).toHaveLength(1);
      const actions = await tenant.auditActions();
      expect(actions.filter((action) => action === "job.settle")).toHaveLength(
        1,
      );
    });
  });

  describe("past its time", () => {
    it("is closed as a noop, expired, when nobody acked it", async () => {
      await issue("a");
      const { id } = await claimOne();
      await shift(id, "expires_at", "-1 second");
      expect(await claim()).toEqual([]);
      await db.get(SweepService).sweep();
      expect(await settledJobs()).toEqual([
        { state: "expired", error: "expired", generation: "1" },
      ]);
      await expect(
        jobs.settle(cluster.principal, id, DONE),
      ).rejects.toMatchObject({ code: "already_settled" });
    });

    it.each(["ack", "report", "settle"] as const)(
      "is closed by a late %s already, before any sweep",
      async (call) => {
        await issue("a");
        const { id } = await claimOne();
        await shift(id, "expires_at", "-1 second");
        const late = {
          ack: () => jobs.ack(cluster.principal, id),
          report: () => jobs.report(cluster.principal, id, STATUS),
          settle: () => jobs.settle(cluster.principal, id, DONE),
        };
        await expect(late[call]()).rejects.toMatchObject({
          code: "already_settled",
        });
        expect(await settledJobs()).toMatchObject([{ state: "expired" }]);
      },
    );

    it("goes on for as long as it was acked and its lease is renewed", async () => {
      await issue("a");
      const { id } = await claimOne();
      await jobs.ack(cluster.principal, id);
      await shift(id, "expires_at", "-1 second");
      await db.get(SweepService).sweep();
      await jobs.report(cluster.principal, id, STATUS);
      await jobs.settle(cluster.principal, id, DONE);
      expect(await settledJobs()).toMatchObject([{ state: "succeeded" }]);
    });

    it("is not closed when its lease was renewed between the look and the deed", async () => {
      await issue("a");
      const { id } = await claimOne();
      await jobs.ack(cluster.principal, id);
      await shift(id, "expires_at", "-1 second");
      // The sweep saw the lease lapsed; a report has come since.
      await jobs.expire(tenant.organizationId, cluster.id, id);
      expect(await settledJobs()).toEqual([]);
      await shift(id, "lease_until", "-1 second");
      await jobs.expire(tenant.organizationId, cluster.id, id);
      expect(await settledJobs()).toMatchObject([{ state: "expired" }]);
    });
  });

  describe("in the order of its object", () => {
    const openJobs = () =>
      db.look<{ name: string; count: number }>(
        "select name, count(*)::int as count from jobs where cluster_id = $1 group by name",
        [cluster.id],
      );

    it("supersedes an older apply, acked or not, and is offered at once", async () => {
      await issue("a");
      const older = await claimOne();
      await jobs.ack(cluster.principal, older.id);
      await issue("a");
      expect(await keys()).toEqual(["configmap/prod/a@2"]);
      expect(await settledJobs()).toEqual([
        { state: "superseded", error: "superseded", generation: "1" },
      ]);
      await expect(
        jobs.report(cluster.principal, older.id, STATUS),
      ).rejects.toMatchObject({ code: "already_settled" });
    });

    it("waits for a delete, and is issued when that is settled", async () => {
      await issue("a");
      await issue("a", "delete");
      await issue("a");
      await issue("a");
      const deletion = await claimOne();
      expect(await keys()).toEqual(["configmap/prod/a@2"]);
      expect(deletion).toMatchObject({ kind: "delete" });
      await jobs.settle(cluster.principal, deletion.id, DONE);
      expect(await keys()).toEqual(["configmap/prod/a@4"]);
    });

    it("never counts generations anew, also not after the object is gone", async () => {
      await issue("a");
      await issue("a", "delete");
      const deletion = await claimOne();
      await jobs.settle(cluster.principal, deletion.id, DONE);
      expect(await issue("a")).toBe(3);
    });

    it("leaves at most one open job of an object, whoever issues at once", async () => {
      const generations = await Promise.all(
        Array.from({ length: 12 }, () => issue("a")),
      );
      expect([...generations].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 12 }, (_, index) => index + 1),
      );
      expect(await openJobs()).toEqual([{ name: "a", count: 1 }]);
      expect(await keys()).toEqual(["configmap/prod/a@12"]);
    });

    it("survives issuing and settling at once", async () => {
      await issue("a");
      for (let round = 0; round < 10; round += 1) {
        const { id } = await claimOne();
        const settling = jobs
          .settle(cluster.principal, id, DONE)
          .catch((error: { code?: string }) => error.code);
        const [, settled] = await Promise.all([issue("a"), settling]);
        expect([undefined, "already_settled"]).toContain(settled);
      }
      expect(await openJobs()).toEqual([{ name: "a", count: 1 }]);
      expect(await settledJobs()).toHaveLength(10);
    });
  });

  describe("that failed", () => {
    const due = () =>
      db.look<{ pause: number | null; reissues: number }>(
        "select round(extract(epoch from reissue_at - now()))::int as pause, reissues from desired_objects where cluster_id = $1",
        [cluster.id],
      );
    const fail = async () => {
      const { id } = await claimOne();
      await jobs.settle(cluster.principal, id, {
        outcome: "failed",
        error: "no",
        timestamp: now(),
      });
    };
    const comeDue = () =>
      db.look(
        "update desired_objects set reissue_at = now() - interval '1 second' where cluster_id = $1",
        [cluster.id],
      );

    it("is issued again under the next generation, after a pause that doubles up to an hour", async () => {
      await issue("a");
      const pauses: (number | null)[] = [];
      for (let round = 0; round < 8; round += 1) {
        await fail();
        pauses.push((await due())[0]?.pause ?? null);
        await comeDue();
        await db.get(SweepService).sweep();
      }
      const seconds = [60, 120, 240, 480, 960, 1920, 3600, 3600];
      pauses.forEach((pause, index) =>
        expect(Math.abs((pause ?? 0) - (seconds[index] ?? 0))).toBeLessThan(5),
      );
      expect(await keys()).toEqual(["configmap/prod/a@9"]);
      expect(await tenant.auditActions()).toContain("delivery.reissue");
    });

    it("is issued once by two sweeps at the same time", async () => {
      await issue("a");
      await fail();
      await comeDue();
      const sweep = db.get(SweepService);
      await Promise.all([sweep.sweep(), sweep.sweep(), sweep.sweep()]);
      expect(await keys()).toEqual(["configmap/prod/a@2"]);
    });

    it("is forgotten once somebody wants something newer", async () => {
      await issue("a");
      await fail();
      await issue("a");
      expect((await due())[0]?.pause ?? null).toBeNull();
    });

    it("keeps nobody else from their turn when it can't be issued again", async () => {
      await issue("a");
      await fail();
      await comeDue();
      const stuck = await tenant.cluster();
      const other = cluster;
      cluster = stuck;
      await issue("b");
      await fail();
      await comeDue();
      await db.look(
        "update clusters set connectivity_mode = 'push' where id = $1",
        [stuck.id],
      );
      await db.look(
        "update desired_objects set reissue_at = now() - interval '1 day' where cluster_id = $1",
        [stuck.id],
      );
      await db.get(SweepService).sweep();
      expect((await due())[0]?.pause).toBeGreaterThan(0);
      cluster = other;
      expect(await keys()).toEqual(["configmap/prod/a@2"]);
    });
  });

  it("is an order to the agent when it is an intent, with a key of its own each time", async () => {
    const order = () =>
      tenant.in((stores) =>
        jobs.orderIntent(
          stores,
          tenant.actor,
          cluster.id,
          "rotate-operator-credentials",
        ),
      );
    const ids = [await order(), await order()];
    expect(await keys()).toEqual(
      ids.map((id) => `rotate-operator-credentials/${id}`),
    );
    await jobs.settle(cluster.principal, ids[0] ?? "", DONE);
    expect(await settledJobs()).toEqual([
      { state: "succeeded", error: null, generation: null },
    ]);
    const settled = (await tenant.audit()).at(-1);
    expect(settled?.subject).toEqual({ type: "job", id: ids[0] });
  });

  it("ends with the cluster's trust", async () => {
    await issue("a");
    await tenant.in((stores) =>
      db.get(ClusterService).revoke(stores, tenant.actor, cluster.id),
    );
    expect(await claim()).toEqual([]);
  });
});
