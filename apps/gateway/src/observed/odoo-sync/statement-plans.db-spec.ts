import { explainEverything, type Plan } from "../../../../../test/db/explained";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOdoo } from "../../../../../test/db/test-odoo";
import { TestTenant } from "../../../../../test/db/test-tenant";
import { AdoptionService } from "./adoption.service";
import { ComparisonService } from "./comparison.service";
import type { ComparedModel } from "./domain/synced-model";
import { SyncWorkStore } from "./domain/sync-work-store";

const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";
const INSTANCES = 2_000;
const OPERATIONS = 4_000;
const JOBS = 200_000;
/** Of other organizations: what must not be looked at. */
const FOREIGN = 20 * INSTANCES;
/** By PostgreSQL's estimate: a batch of 100 by index; walking through what waits costs 7,000. */
const MOST_COST = 1_000;

/** $1 is the organization; with what it has of each. */
const FILL = [
  `insert into clusters (organization_id, id, code, name, state) select $1, gen_random_uuid(), 'filled-' || n, 'filled', 'active' from generate_series(1, 20) n`,
  `insert into application_instances (organization_id, id, cluster_id, catalog_entry_id, namespace, name, chart_version, state, external_ref, intent_version)
   select $1, gen_random_uuid(), c.id, (select id from catalog_entries where organization_id = $1 limit 1), 'prod', 'a-' || n, '1.0.0', 'ready',
     case when n > 1 then $1 || '-' || n end, 1
   from generate_series(1, $2::integer) n join (select id, row_number() over () - 1 as k from clusters where organization_id = $1 and code like 'filled-%') c on c.k = n % 20`,
  `insert into operations (organization_id, id, cluster_id, instance_id, namespace, name, type, engine, parameters_json, state, approval_state, requested_by,
     external_ref, intent_version, finished_at)
   select $1, gen_random_uuid(), cluster_id, id, 'prod', 'o-' || number || '-' || n, 'Backup', 'velero', '{}', 'succeeded', 'not_required', gen_random_uuid(),
     external_ref || '-' || n, 1, now() from application_instances, generate_series(1, $3::integer) n where organization_id = $1`,
  `insert into settled_jobs (organization_id, id, number, cluster_id, kind, api_version, object_kind, namespace, name, payload_digest, idempotency_key, state,
     outcome, attempt, created_at, expires_at)
   select $1, gen_random_uuid(), n, (select id from clusters where organization_id = $1 and code = 'filled-1'), 'apply', 'v1', 'ConfigMap', 'prod', 'a', '\\x00', 'x',
     'succeeded', 'succeeded', 1, now(), now() from generate_series(1, $4::integer) n`,
];

describe(`Odoo's side of a gateway with ${INSTANCES} instances and ${JOBS} jobs, among many others'`, () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let odoo: TestOdoo;
  let plans: Plan[];

  beforeAll(async () => {
    db = await openTestDatabase();
    const other = await TestTenant.make(db);
    await fill(other, FOREIGN, 1, 0);
    tenant = await TestTenant.make(db);
    await fill(tenant, INSTANCES, OPERATIONS / INSTANCES, JOBS);
    odoo = await TestOdoo.pair(db, tenant);
    // An Odoo that was away while every one of its jobs changed.
    await db.look(
      `insert into odoo_outbox (organization_id, database_id, model, record_id)
       select organization_id, $2, 6, id from settled_jobs where organization_id = $1`,
      [tenant.organizationId, odoo.databaseId],
    );
    await db.look("analyze");
    explainEverything(db, (plan) => plans.push(plan));
  }, 600_000);
  afterAll(() => db?.stop());

  beforeEach(() => {
    plans = [];
  });

  async function fill(of: TestTenant, ...counts: readonly number[]) {
    await of.allow();
    for (const [index, sql] of FILL.entries())
      await db.look(
        index === 0
          ? sql
          : sql.replace(`$${index + 1}`, String(counts[index - 1])),
        [of.organizationId],
      );
  }

  const expectCheap = () => {
    expect(plans.length).toBeGreaterThan(0);
    expect(plans.filter(({ cost }) => cost > MOST_COST)).toEqual([]);
  };

  it("compares without reading what other organizations have", async () => {
    for (const model of [INSTANCE, OPERATION] satisfies ComparedModel[])
      await tenant.in((stores) =>
        db.get(ComparisonService).compare(stores, odoo.actor, model, {}),
      );
    const walked = plans.flatMap((plan) => plan.walked);
    expect(plans.length).toBeGreaterThan(1);
    expect(walked).not.toContain("application_instances");
    expect(walked).not.toContain("operations");
  });

  it("finds what it is asked for again, and what it is to give a reference, by index", async () => {
    const references = [5, 6, 7].map((n) => `${tenant.organizationId}-${n}`);
    const [row] = await db.look<{ number: number }>(
      "select number from application_instances where organization_id = $1 and external_ref is null",
      [tenant.organizationId],
    );
    await tenant.in(async (stores) => {
      const { actor } = odoo;
      await db
        .get(ComparisonService)
        .resend(stores, actor, INSTANCE, references);
      await db.get(AdoptionService).adopt(stores, actor, {
        model: INSTANCE,
        number: row?.number ?? 0,
        externalRef: "adopted",
      });
    });
    expectCheap();
  });

  it("sends the first of 200,000 that wait by index, and takes out what was told", async () => {
    await odoo.deliver(undefined, 2);
    expect(odoo.book.records.size).toBeGreaterThan(0);
    expectCheap();
  });

  it("sees by index whom it has to send to", async () => {
    await db.unitOfWork.asWorker((stores) =>
      stores.get(SyncWorkStore).look(100),
    );
    expectCheap();
  });
});
