import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { JobService } from "../../delivery/jobs/job.service";
import type { InstanceChanges } from "./domain/instance-request";
import { InstanceService } from "./instance.service";

describe("an application instance that is rolled back", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let instances: InstanceService;

  beforeAll(async () => {
    db = await openTestDatabase();
    instances = db.get(InstanceService);
  });

  afterAll(() => db?.stop());

  const create = (changes = {}) => tenant.createInstance(cluster.id, changes);
  const write = (id: string, changes: InstanceChanges) =>
    tenant.in((stores) => instances.write(stores, tenant.actor, id, changes));
  const suspend = (id: string, suspended: boolean) =>
    tenant.in((stores) =>
      instances.suspend(stores, tenant.actor, id, suspended),
    );
  const claim = () => db.get(JobService).claim(cluster.principal, false);
  const keys = async () =>
    (await claim()).map(({ idempotencyKey }) => idempotencyKey);
  const isRefused = (call: Promise<unknown>) =>
    expect(call).rejects.toMatchObject({ code: "validation_failed" });
  const rollback = (id: string, generation?: number) =>
    tenant.in((stores) =>
      instances.rollback(stores, tenant.actor, id, generation),
    );
  const versions = async () =>
    (await claim()).map(({ payload, idempotencyKey }) => {
      const { spec } = payload as { spec: { chart: { version: string } } };
      return `${idempotencyKey.split("/").at(-1)} ${spec.chart.version}`;
    });

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.cluster();
    await tenant.allow();
  });

  it("is what it was before its last change, under a new generation, and audited", async () => {
    const id = await create({ values_json: '{"replicas":2}' });
    await write(id, { chart_version: "1.1.0", values_json: "{}" });
    await suspend(id, true);
    await rollback(id);
    const [job] = await claim();
    expect(job).toMatchObject({
      idempotencyKey: "applicationinstance/prod/shop@4",
      payload: {
        metadata: {
          annotations: {
            "vworkspace.io/requested-by": `user/${tenant.actor.id}`,
          },
        },
        spec: {
          chart: { version: "1.0.0" },
          values: { inline: { replicas: 2 } },
          suspend: true,
        },
      },
    });
    const leaves = await db.look<{ leaf: string }>(
      "select convert_from(leaf, 'UTF8') as leaf from audit_queue where organization_id = $1",
      [tenant.organizationId],
    );
    expect(leaves.map(({ leaf }) => leaf).join()).toContain(
      "instance.rollback",
    );
  });

  it("goes back once more to where it was, or as far as a generation says", async () => {
    const id = await create();
    await write(id, { chart_version: "1.1.0" });
    await write(id, { chart_version: "1.2.0" });
    await rollback(id);
    expect(await versions()).toEqual(["shop@4 1.1.0"]);
    await rollback(id);
    expect(await versions()).toEqual(["shop@5 1.2.0"]);
    await rollback(id, 1);
    expect(await versions()).toEqual(["shop@6 1.0.0"]);
    await isRefused(rollback(id, 6));
  });

  it("is refused where there is no way back, or where policy doesn't allow what was", async () => {
    const id = await create();
    await isRefused(rollback(id));
    await suspend(id, true);
    await isRefused(rollback(id));
    await write(id, { chart_version: "1.1.0" });
    await db.look(
      `update catalog_entries set allowed_versions = '["1.1.0"]' where organization_id = $1`,
      [tenant.organizationId],
    );
    await expect(rollback(id)).rejects.toThrow("1.0.0");
    expect(await keys()).toEqual(["applicationinstance/prod/shop@3"]);
  });

  it("goes back through the newest few changes only", async () => {
    const id = await create();
    for (let change = 1; change <= 22; change += 1)
      await write(id, { values_json: `{"change":${change}}` });
    const [kept] = await db.look<{ count: string }>(
      "select count(*) from former_intents where instance_id = $1",
      [id],
    );
    expect(Number(kept?.count)).toBe(20);
  });
});
