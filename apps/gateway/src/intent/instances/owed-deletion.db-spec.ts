import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { JobService } from "../../delivery/jobs/job.service";
import { SweepService } from "../../delivery/sweep/sweep.service";
import { InstanceService } from "./instance.service";

/** What comes after a delete must never inherit what it was to remove, however the delete's delivery ended. */
describe("a deletion that others wait for", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let instances: InstanceService;
  let id: string;

  beforeAll(async () => {
    db = await openTestDatabase();
    instances = db.get(InstanceService);
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.cluster();
    await tenant.allow();
    id = await tenant.createInstance(cluster.id, {});
    await settle();
  });

  const next = () =>
    tenant.createInstance(cluster.id, { values_json: '{"next":true}' });
  const remove = (key: string) =>
    tenant.in((stores) => instances.remove(stores, tenant.actor, key));
  const claim = () => db.get(JobService).claim(cluster.principal, false);
  const settle = async (outcome: "succeeded" | "failed" = "succeeded") => {
    const [job] = await claim();
    await db.get(JobService).settle(cluster.principal, job?.id ?? "", {
      outcome,
      ...(outcome === "failed" ? { error: "stuck" } : {}),
      timestamp: new Date().toISOString(),
    });
  };
  const states = async () => {
    const rows = await db.look<{ state: string }>(
      "select state from application_instances where cluster_id = $1 order by id",
      [cluster.id],
    );
    return rows.map(({ state }) => state);
  };

  const comeDue = async () => {
    await db.look(
      "update desired_objects set reissue_at = now() - interval '1 second' where cluster_id = $1",
      [cluster.id],
    );
    await db.get(SweepService).sweep();
  };

  /** Ends what was issued again: the delete at `generation`, then the newcomer's apply above it. */
  const expectDeleteThenApply = async (generation: number) => {
    const place = "applicationinstance/prod/shop";
    expect(await claim()).toMatchObject([
      { kind: "delete", idempotencyKey: `${place}@${generation}` },
    ]);
    expect(await states()).toEqual(["deleting", "deploying"]);
    await settle();
    expect(await states()).toEqual(["deleted", "deploying"]);
    expect(await claim()).toMatchObject([
      { kind: "apply", idempotencyKey: `${place}@${generation + 1}` },
    ]);
  };

  it("is asked for again before a newcomer that waits", async () => {
    await remove(id);
    await next();
    await settle("failed");
    expect(await claim()).toEqual([]);
    await comeDue();
    await expectDeleteThenApply(4);
  });

  it("is asked for again at once when a newcomer comes after it", async () => {
    await remove(id);
    await settle("failed");
    await next();
    await expectDeleteThenApply(4);
  });

  it("is asked for again although the newcomer changes while it waits", async () => {
    await remove(id);
    const newcomer = await next();
    await settle("failed");
    await tenant.in((stores) =>
      instances.write(stores, tenant.actor, newcomer, {
        values_json: '{"next":2}',
      }),
    );
    await expectDeleteThenApply(5);
  });

  it("stands for the deletions of newcomers that never got past waiting for it", async () => {
    await remove(id);
    await remove(await next());
    await next();
    expect(await states()).toEqual(["deleting", "deleting", "deploying"]);
    await settle();
    expect(await states()).toEqual(["deleted", "deleted", "deploying"]);
  });

  it("is asked for again before the newcomer's own deletion", async () => {
    await remove(id);
    const newcomer = await next();
    await settle("failed");
    await remove(newcomer);
    expect(await claim()).toMatchObject([
      { kind: "delete", idempotencyKey: "applicationinstance/prod/shop@5" },
    ]);
    await settle("failed");
    await comeDue();
    await settle();
    expect(await states()).toEqual(["deleted", "deleted"]);
    expect(await claim()).toEqual([]);
  });
});
