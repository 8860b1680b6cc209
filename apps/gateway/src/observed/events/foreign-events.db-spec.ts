import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { JobService } from "../../delivery/jobs/job.service";
import { EventService } from "./event.service";

const INSTANCE = {
  apiVersion: "apps.vworkspace.io/v1alpha1",
  kind: "ApplicationInstance",
  namespace: "prod",
  name: "shop",
  uid: "u-1",
};

describe("events of agents and objects that aren't ours", () => {
  let db: TestDatabase;
  let cluster: TestCluster;
  let tenant: TestTenant;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    await tenant.allow();
    cluster = await tenant.cluster();
    await tenant.createInstance(cluster.id);
  });

  const at = (second: number) =>
    new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const tellReady = (second: number, generation?: number, ref = INSTANCE) =>
    db.get(EventService).ingest(cluster.principal, [
      {
        kind: "ConditionTransition",
        resourceRef: { ...ref, generation },
        conditions: [{ type: "Ready", status: "True" }],
        timestamp: at(second),
      },
    ]);
  const settle = async (second: number, generation?: number) => {
    const jobs = db.get(JobService);
    const [job] = await jobs.claim(cluster.principal, false);
    await jobs.ack(cluster.principal, job?.id ?? "");
    await jobs.settle(cluster.principal, job?.id ?? "", {
      outcome: "succeeded",
      appliedRef: { ...INSTANCE, generation },
      timestamp: at(second),
    });
  };
  const state = async () => {
    const [row] = await db.look<{ state: string }>(
      "select state from application_instances where cluster_id = $1",
      [cluster.id],
    );
    return row?.state;
  };

  it("of an agent that reports no stamps count for the generation that it settled, and not for an older object", async () => {
    await tellReady(0, 3);
    expect(await state()).toBe("deploying");
    await settle(1, 4);
    await tellReady(2, 3);
    expect(await state()).toBe("deploying");
    await tellReady(3, 4);
    expect(await state()).toBe("ready");
  });

  it("of such an agent count without Kubernetes' generations, too, once a job has succeeded", async () => {
    await tellReady(0);
    expect(await state()).toBe("deploying");
    await settle(1);
    await tellReady(2);
    expect(await state()).toBe("ready");
  });

  it("about a kind of that name of another project say nothing about an instance", async () => {
    await settle(0, 1);
    await tellReady(1, 1, { ...INSTANCE, apiVersion: "apps.example.com/v1" });
    expect(await state()).toBe("deploying");
  });
});
