import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { explainEverything, type Plan } from "../../../../test/db/explained";
import { OperationsLife } from "../../../../test/db/operations-life";
import {
  BARE_PROOF,
  type TestCluster,
  TestTenant,
} from "../../../../test/db/test-tenant";
import { JobService } from "../delivery/jobs/job.service";
import { PollService } from "../delivery/pull/poll.service";
import { SweepService } from "../delivery/sweep/sweep.service";
import { ClusterService } from "../fleet/clusters/cluster.service";
import { CredentialService } from "../fleet/clusters/credential.service";
import { PresenceService } from "../fleet/clusters/presence.service";
import { InstanceService } from "../intent/instances/instance.service";
import { EventStore } from "../observed/events/domain/event-store";
import { EventService } from "../observed/events/event.service";
import { UserAdminService } from "../trust/identity/user-admin.service";
import { IdentityLinkService } from "../trust/people/identity-link.service";
import { SessionService } from "../trust/people/session.service";

/** Rows of each big table: enough that PostgreSQL walks through one of them only where it has no index. */
const ROWS = 40_000;
/** What a statement may cost by PostgreSQL's own estimate; walking through one organization's rows costs more. */
const MOST_COST = 600;

/** One organization with many clusters, each with a few of everything. */
const FILL = [
  `insert into clusters (organization_id, id, code, name, state)
   select $1, gen_random_uuid(), 'filled-' || n, 'filled', 'active' from generate_series(1, ${ROWS / 10}) n`,
  `create table filled as select id, row_number() over () as n from clusters where code like 'filled-%'`,
  `insert into cluster_credentials (organization_id, id, cluster_id, expires_at)
   select $1, gen_random_uuid(), id, now() + interval '1 day' from filled, generate_series(1, 10)`,
  `insert into registration_tokens (organization_id, id, cluster_id, token_hash, expires_at)
   select $1, gen_random_uuid(), id, decode(md5(random()::text), 'hex'), now() from filled, generate_series(1, 10)`,
  `insert into application_instances (organization_id, id, cluster_id, catalog_entry_id, namespace, name, chart_version, state)
   select $1, gen_random_uuid(), f.id, (select id from catalog_entries where organization_id = $1), 'prod', 'a-' || s, '1.0.0', 'ready' from filled f, generate_series(1, 10) s`,
  `insert into desired_objects (organization_id, cluster_id, api_version, kind, namespace, name, generation, action, payload)
   select $1, id, 'apps.vworkspace.io/v1alpha1', 'ApplicationInstance', 'prod', 'a-' || s, 1, 'apply', '{}' from filled, generate_series(1, 10) s`,
  `insert into observed_objects (organization_id, cluster_id, api_version, kind, namespace, name, uid, intent_generation, observed_at)
   select $1, id, 'apps.vworkspace.io/v1alpha1', 'ApplicationInstance', 'prod', 'a-' || s, 'u', 1, now() from filled, generate_series(1, 10) s`,
  `insert into jobs (organization_id, id, cluster_id, kind, api_version, object_kind, namespace, name, generation, payload, idempotency_key, expires_at)
   select $1, gen_random_uuid(), id, 'apply', 'v1', 'ConfigMap', 'prod', 'a-' || s, 1, '{}', 'x', now() + interval '1 day' from filled, generate_series(1, 10) s`,
  `insert into settled_jobs (organization_id, id, number, cluster_id, kind, api_version, object_kind, namespace, name, payload_digest, idempotency_key, state, outcome, attempt, created_at, expires_at)
   select $1, gen_random_uuid(), 1, id, 'apply', 'v1', 'ConfigMap', 'prod', 'a', '\\x00', 'x', 'succeeded', 'succeeded', 1, now(), now() from filled, generate_series(1, 10)`,
  `insert into event_dedup (organization_id, cluster_id, event_key_hash, timestamp)
   select $1, id, decode(md5(s::text), 'hex'), now() from filled, generate_series(1, 10) s`,
  `insert into events (organization_id, id, cluster_id, kind, body, timestamp)
   select $1, gen_random_uuid(), id, 'x', '{}', now() from filled, generate_series(1, 10)`,
  `insert into rejected_events (organization_id, id, cluster_id, reason, body)
   select $1, gen_random_uuid(), id, 'x', '' from filled, generate_series(1, 10) s`,
  `insert into former_intents (organization_id, instance_id, generation, catalog_entry_id, chart_version, values_json, integrations)
   select $1, id, 1, catalog_entry_id, '1.0.0', '{}', '[]' from application_instances where organization_id = $1`,
  `insert into operations (organization_id, id, cluster_id, instance_id, namespace, name, type, engine, parameters_json, state, approval_state, requested_by, object_ends_at, schedule_id, due_at, finished_at)
   select $1, gen_random_uuid(), cluster_id, id, 'prod', 'o-' || number, 'Backup', 'velero', '{}', 'succeeded', 'not_required', gen_random_uuid(), now() + interval '1 day', gen_random_uuid(), now(), now() from application_instances where organization_id = $1`,
  `insert into operation_schedules (organization_id, id, name, cluster_id, instance_id, type, engine, parameters_json, cron, timezone, active, next_run, requested_by)
   select $1, gen_random_uuid(), 'x', cluster_id, id, 'Backup', 'velero', '{}', '0 2 * * *', 'UTC', true, now() + interval '1 day', gen_random_uuid() from application_instances where organization_id = $1`,
  `insert into operation_sequences (organization_id, id, name, template, definition, cluster_id, instance_id, copy_instance_id, parameters_json, state, requested_by, next_look)
   select $1, gen_random_uuid(), 'x', 'clone', '{}', cluster_id, id, id, '{}', case when number % 100 = 0 then 'running' else 'succeeded' end, gen_random_uuid(), case when number % 100 = 0 then now() + interval '1 day' end
   from application_instances where organization_id = $1`,
  `insert into gateway_listening (id, since, heard_until)
   select gen_random_uuid(), now() - n * interval '1 day', now() - n * interval '23 hours' from generate_series(1, 200) n`,
  `insert into audit_people (organization_id, person, salt) select $1, 'p-' || n, '\\x00' from generate_series(1, ${ROWS}) n`,
  `insert into user_identities (organization_id, id, user_id, issuer, subject)
   select $1, gen_random_uuid(), (select id from users where organization_id = $1 limit 1), 'https://login.example.com/', 's-' || n
   from generate_series(1, ${ROWS}) n`,
  `insert into user_sessions (organization_id, id, user_id, identity_id, secret_hash, authenticated_at, expires_at)
   select $1, gen_random_uuid(), user_id, id, decode(md5(subject), 'hex'), now(), now() + interval '1 hour' from user_identities where organization_id = $1`,
  `insert into request_replays (organization_id, user_id, request_id, digest, response)
   select $1, gen_random_uuid(), 'r', '\\x00', '{}' from generate_series(1, ${ROWS})`,
];

describe("statements on big tables", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let plans: Plan[];

  beforeAll(async () => {
    db = await openTestDatabase();
    tenant = await TestTenant.make(db);
    await tenant.allow({
      allowed_operations: ["*/*"],
      require_approval_for: ["Restore/*"],
    });
    cluster = await tenant.cluster();
    for (const sql of FILL)
      await db.look(sql, sql.includes("$1") ? [tenant.organizationId] : []);
    await db.look("analyze");
    explainEverything(db, (plan) => plans.push(plan));
  });

  afterAll(() => db.stop());

  beforeEach(() => {
    plans = [];
  });

  const expectCheap = () => {
    expect(plans.length).toBeGreaterThan(0);
    expect(plans.filter(({ cost }) => cost > MOST_COST)).toEqual([]);
  };
  const timestamp = new Date().toISOString();

  it("find the jobs of one cluster, and those that come due, by index", async () => {
    const jobs = db.get(JobService);
    await tenant.createInstance(cluster.id);
    for (const { id } of await jobs.claim(cluster.principal, true)) {
      await jobs.ack(cluster.principal, id);
      await jobs.report(cluster.principal, id, { phase: "x", timestamp });
      await jobs.settle(cluster.principal, id, {
        outcome: "failed",
        error: "x",
        timestamp,
      });
      await jobs.ack(cluster.principal, id).catch(() => undefined);
    }
    expectCheap();
  });

  it("sweep by index, whatever the number of jobs", async () => {
    const client = new AbortController();
    const waiting = db.get(PollService).poll(cluster.principal, {
      waitMs: 60_000,
      resume: false,
      signal: client.signal,
    });
    await db.get(SweepService).sweep();
    client.abort();
    await waiting;
    expectCheap();
  });

  it("register, rotate, authenticate and revoke by index", async () => {
    const credentials = db.get(CredentialService);
    const other = await tenant.cluster();
    const next = await credentials.rotate(other.principal, {}, BARE_PROOF);
    await credentials.rotate(
      await credentials.authenticate(next.token, BARE_PROOF),
      {},
      BARE_PROOF,
    );
    await tenant.in((stores) =>
      db.get(ClusterService).revoke(stores, tenant.actor, other.id),
    );
    expectCheap();
  });

  it("link people, sign them in and out, and unlink them by index", async () => {
    const login = "ben@example.com";
    const id = await tenant.in((stores) =>
      db
        .get(UserAdminService)
        .create(stores, tenant.actor, { login, name: login, role: "reader" }),
    );
    const { secret, subject } = await tenant.signIn(id);
    const sessions = db.get(SessionService);
    const signedIn = await sessions.authenticate(secret);
    if (signedIn) await sessions.signOut(signedIn);
    const identity = { issuer: "https://login.example.com/", subject };
    await tenant.in((stores) =>
      db.get(IdentityLinkService).unlink(stores, tenant.actor, id, identity),
    );
    expectCheap();
  });

  it("take in events and snapshots by index", async () => {
    const resourceRef = {
      apiVersion: "apps.vworkspace.io/v1alpha1",
      kind: "ApplicationInstance",
      namespace: "prod",
      name: "shop",
      uid: "u",
    };
    const snapshot = {
      id: "s",
      page: 0,
      last: true,
      items: [{ resourceRef, uid: "u", intentGeneration: 1 }],
    };
    await db.get(EventService).ingest(cluster.principal, [
      {
        kind: "ConditionTransition",
        resourceRef,
        eventKey: "k",
        conditions: [{ type: "Ready", status: "True" }],
        timestamp,
      },
      { kind: "ClusterSnapshot", resourceRef: {}, timestamp, snapshot },
      { kind: "" },
    ]);
    await tenant.in((stores) =>
      stores.get(EventStore).forgetAbsent(cluster.id),
    );
    expectCheap();
  });

  it("live through operations and schedules by index", async () => {
    const instance = await tenant.createInstance(cluster.id, {
      name: "operated",
    });
    await new OperationsLife(db, tenant, cluster).live(instance);
    expectCheap();
  });

  it("note that the gateway listens by index", async () => {
    await db.get(PresenceService).listen(60);
    await db.get(PresenceService).listen(60);
    expectCheap();
  });

  it("create, write, roll back and delete an instance by index", async () => {
    const id = await tenant.createInstance(cluster.id, {
      name: "other",
      external_ref: "x",
    });
    const instances = db.get(InstanceService);
    await tenant.in((stores) =>
      instances.write(stores, tenant.actor, id, { suspended: true }),
    );
    await tenant.in((stores) =>
      instances.write(stores, tenant.actor, id, { values_json: '{"a":1}' }),
    );
    await tenant.in((stores) => instances.rollback(stores, tenant.actor, id));
    await tenant.in((stores) => instances.remove(stores, tenant.actor, id));
    expectCheap();
  });
});
