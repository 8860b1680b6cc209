import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOperations } from "../../../../../test/db/test-operations";
import type {
  TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { InstanceService } from "../instances/instance.service";
import { PolicyService } from "../policies/policy.service";
import { OperationService } from "./operation.service";

const WEEKEND = {
  cron: "0 0 * * 6",
  duration_minutes: 2880,
  timezone: "Europe/Vienna",
};
const NIGHT = { cron: "0 2 * * *", duration_minutes: 60 };
const OF_ORGANIZATION = {
  cron: "0 0 * * 6",
  durationMinutes: 2880,
  timezone: "Europe/Vienna",
  set: "organization",
};
const OF_CLUSTER = { cron: "0 2 * * *", durationMinutes: 60, set: "cluster" };
const RUN = {
  type: "RunCommand",
  engine: "job",
  parameters_json: '{"image":"tools:1"}',
} as const;

describe("maintenance windows of policies", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let operations: TestOperations;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    ({ tenant, cluster } = operations);
    await tenant.allow({
      allowed_operations: ["*/*"],
      maintenance_windows: [WEEKEND],
    });
  });

  /** Windows of what goes to the cluster now, in order. */
  const issued = async () =>
    (await operations.carry()).map(({ payload }) => {
      const { spec } = payload as {
        spec?: { policy?: { maintenanceWindows?: unknown } };
      };
      return spec?.policy?.maintenanceWindows;
    });
  const setWindows = async (maintenance_windows: readonly unknown[]) => {
    const [policy] = await db.look<{ id: string }>(
      "select id from policies where organization_id = $1 and cluster_id is null",
      [tenant.organizationId],
    );
    await tenant.in((stores) =>
      db
        .get(PolicyService)
        .write(stores, tenant.actor, policy?.id ?? "", { maintenance_windows }),
    );
  };
  const addClusters = () =>
    tenant.in((stores) =>
      db.get(PolicyService).create(stores, tenant.actor, {
        name: "Of the cluster",
        cluster_id: cluster.id,
        allowed_namespaces: ["*"],
        allowed_catalog_codes: ["*"],
        allowed_chart_url_prefixes: ["oci://charts.example.com"],
        allowed_operations: ["*/*"],
        maintenance_windows: [NIGHT],
      }),
    );

  it("go with an instance, a set for each policy, and change with its next change", async () => {
    const id = await tenant.createInstance(cluster.id);
    expect(await issued()).toEqual([[OF_ORGANIZATION]]);
    await addClusters();
    expect(await issued()).toEqual([]);
    const write = (chart_version: string) =>
      tenant.in((stores) =>
        db
          .get(InstanceService)
          .write(stores, tenant.actor, id, { chart_version }),
      );
    await write("1.1.0");
    expect(await issued()).toEqual([[OF_ORGANIZATION, OF_CLUSTER]]);
    await setWindows([]);
    await write("1.2.0");
    expect(await issued()).toEqual([[OF_CLUSTER]]);
  });

  it("go with an operation as they were when it was asked for, whatever it is issued for again", async () => {
    const instance = await tenant.createInstance(cluster.id);
    await issued();
    const { id } = await operations.create(instance, RUN);
    expect(await issued()).toEqual([[OF_ORGANIZATION]]);
    await setWindows([NIGHT]);
    await tenant.in((stores) =>
      db.get(OperationService).cancel(stores, tenant.actor, id),
    );
    expect(await issued()).toEqual([[OF_ORGANIZATION]]);
    await operations.create(instance, RUN);
    expect(await issued()).toEqual([[{ ...OF_CLUSTER, set: "organization" }]]);
  });

  it("hold no backup back", async () => {
    const instance = await tenant.createInstance(cluster.id);
    await issued();
    await operations.create(instance);
    expect(await issued()).toEqual([undefined]);
  });

  it("that never open are refused, and those that an earlier release took allow nothing", async () => {
    await expect(
      setWindows([{ ...NIGHT, cron: "0 0 31 2 *" }]),
    ).rejects.toThrow("maintenance_windows[0].cron");
    await db.look(
      `update policies set maintenance_windows = '[{"from": "22:00"}]' where organization_id = $1`,
      [tenant.organizationId],
    );
    await expect(tenant.createInstance(cluster.id)).rejects.toThrow(
      "Policy refuses this (maintenance_windows)",
    );
  });
});
