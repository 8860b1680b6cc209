import { newId } from "@vworkspace/kernel";
import { bindDomain, parseDomain } from "@vworkspace/odoo-rpc";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../../test/db/open-test-database";
import { dataSource } from "../../../database/data-sources";
import { RecordStore } from "../../../database/records/record-store";
import { SqlRecordStore } from "../../../database/records/sql-record-store";
import { SqlTransaction } from "../../../database/sql-transaction";
import { StoreBindings } from "../../../database/store-bindings";
import { AuditStore } from "../../../trust/audit/domain/audit-store";
import { gatewayActor } from "../../../trust/identity/domain/actor";
import { UserService } from "../../../trust/identity/user.service";
import type { OdooModel } from "../registry/odoo-model";
import { presentRecord } from "../registry/present-record";
import { makeModels } from "./make-models";

const DISCONNECT_AFTER_SECONDS = 120;
const { irModel: _irModel, ...models } = makeModels(DISCONNECT_AFTER_SECONDS);

describe("the models on the gateway's schema", () => {
  let database: TestDatabase;
  const organizations: string[] = [];

  beforeAll(async () => {
    database = await openTestDatabase();
    database.get(StoreBindings).bind(RecordStore, SqlRecordStore);
    for (const code of ["first", "second"])
      organizations.push(await seed(database, code));
    await listened([3600, 0]);
  });
  afterAll(() => database?.stop());

  const listened = (...stretches: readonly (readonly [number, number])[]) =>
    listenedIn(database, stretches);

  const inFirst = <T>(work: (store: RecordStore) => Promise<T>) =>
    database.unitOfWork.inOrganization(organizations[0] ?? "", (stores) =>
      work(stores.get(RecordStore)),
    );

  const find = (model: OdooModel, domain: unknown) =>
    inFirst((store) =>
      store.search(model, {
        domain: bindDomain(parseDomain(domain), model),
        limit: 100,
      }),
    );

  async function readAll(model: OdooModel, domain: unknown = []) {
    const ids = await find(model, domain);
    const rows = await inFirst((store) => store.read(model, model.fields, ids));
    const { fields } = model;
    return rows.map((row) =>
      presentRecord(row, { fields, wire: "json", withNames: true }),
    );
  }

  it.each(Object.entries(models))(
    "%s: every field can be read, searched and sorted, and other organizations' rows are invisible",
    async (_name, model) => {
      const records = await readAll(model);
      expect(records.length).toBeGreaterThan(0);
      for (const record of records) {
        expect(Object.keys(record).sort()).toEqual(
          model.fields.map((field) => field.name).sort(),
        );
        if (model.field("organization_id"))
          expect(record["organization_id"]).toEqual([
            expect.any(Number),
            "first",
          ]);
      }
      for (const field of model.fields) {
        await find(model, [[field.name, "!=", false]]);
        if (field.type === "json") continue;
        const order = [
          { field: field.name, direction: "desc", nulls: undefined } as const,
        ];
        const sorted = await inFirst((store) =>
          store.search(model, { order, limit: 100 }),
        );
        expect(sorted).toHaveLength(records.length);
      }
    },
  );

  it.each(Object.entries(models))(
    "%s: without row-level security the statements alone keep organizations apart",
    async (_name, model) => {
      const visible = await inFirst((store) =>
        store.search(model, { limit: 100 }),
      );
      const superuser = dataSource(database.superuserUrl, 1);
      await superuser.initialize();
      const runner = superuser.createQueryRunner();
      try {
        const store = new SqlRecordStore(
          new SqlTransaction(runner, organizations[0], () => undefined),
        );
        expect(await store.search(model, { limit: 100 })).toEqual(visible);
        expect(await store.count(model, undefined, 100)).toBe(visible.length);
      } finally {
        await runner.release();
        await superuser.destroy();
      }
    },
  );

  it("shows open and settled jobs as one list, newest first", async () => {
    const jobs = await inFirst(async (store) =>
      store.search(models.job, { limit: 10 }),
    );
    expect(jobs).toHaveLength(2);
    expect(await readAll(models.job, [["state", "=", "failed"]])).toMatchObject(
      [
        {
          outcome: "failed",
          error: "no such chart",
          cluster_id: [expect.any(Number), "Silent"],
          settled_at: expect.stringMatching(
            /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
          ) as string,
        },
      ],
    );
    const [open] = await readAll(models.job, [["state", "=", "queued"]]);
    expect(open).toMatchObject({ outcome: false, settled_at: false });
    expect(await find(models.job, [["code", "=", open?.["code"]]])).toEqual([
      open?.["id"],
    ]);
  });

  it("calls a cluster connected while it is active and was heard of lately", async () => {
    expect(
      await readAll(models.cluster, [["connected", "=", true]]),
    ).toMatchObject([{ code: "heard", state: "active" }]);
    expect(
      await readAll(models.cluster, [["connected", "=", false]]),
    ).toMatchObject([
      { code: "silent", last_seen: expect.any(String) as string },
      { code: "revoked" },
      { code: "new", last_seen: false },
    ]);
  });

  describe("a silence of twice the limit", () => {
    const limit = DISCONNECT_AFTER_SECONDS;
    const isConnected = async () => {
      const [silent] = await readAll(models.cluster, [["code", "=", "silent"]]);
      return silent?.["connected"];
    };

    afterEach(() => listened([3600, 0]));

    it.each([
      ["is none while nobody listened", [], true],
      [
        "is none where the gateway came back just now",
        [[3600, 2 * limit]],
        true,
      ],
      [
        "is none where it came back half the limit ago",
        [
          [3600, 2 * limit],
          [limit / 2, 0],
        ],
        true,
      ],
      [
        "is none where it came back twice, and never listened for that long",
        [
          [1.9 * limit, 1.1 * limit],
          [limit / 2, 0],
        ],
        true,
      ],
      [
        "is one where two replicas listened in turn",
        [
          [1.9 * limit, limit],
          [1.1 * limit, 0],
        ],
        false,
      ],
      [
        "is none where two replicas heard the same half of it",
        [
          [limit / 2, 0],
          [limit / 2, 0],
          [limit / 2, limit / 4],
        ],
        true,
      ],
      [
        "stays one after a restart, when the gateway had listened before",
        [
          [3600, 10],
          [1, 0],
        ],
        false,
      ],
    ] as const)("%s", async (_, stretches, connected) => {
      await listened(...stretches);
      expect(await isConnected()).toBe(connected);
    });
  });

  it("tells which operations a cluster can do, by what its agent has said", async () => {
    await database.look(
      `update clusters set controllers = '[{"name": "velero", "present": true, "ready": true}]' where code = 'heard'`,
    );
    const [cluster] = await readAll(models.cluster, [["code", "=", "heard"]]);
    expect(cluster?.["operation_engines"]).toEqual(
      expect.arrayContaining([
        { engine: "velero", available: true, message: "" },
        { engine: "job", available: true, message: "" },
        {
          engine: "volsync",
          available: false,
          message: "whether volsync is there has not been reported",
        },
      ]),
    );
  });

  it("tells how old the newest backup is that succeeded wholly, and nothing where there is none", async () => {
    const proven = [["last_backup_at", "!=", false]];
    const [instance] = await readAll(models.applicationInstance, proven);
    expect(instance).toMatchObject({
      last_backup_operation_id: [expect.any(Number), "succeeded-3"],
    });
    const age = Number(instance?.["backup_age_seconds"]);
    expect(Math.round(age / 3600)).toBe(3);
    await database.look("update operations set type = 'Restore'");
    expect(await find(models.applicationInstance, proven)).toEqual([]);
    const [unproven] = await readAll(models.applicationInstance);
    expect(unproven).toMatchObject({
      last_backup_at: false,
      last_backup_operation_id: false,
      backup_age_seconds: false,
    });
  });

  it("reads the audit log out of its leaves, with the hash that anyone can compute again", async () => {
    const [entry] = await readAll(models.auditEntry, [
      ["action", "=", "test.happen"],
    ]);
    const [row] = await database.look<{ hash: string }>(
      "select encode(sha256('\\x00'::bytea || leaf), 'hex') as hash from audit_queue where organization_id = $1 and convert_from(leaf, 'UTF8') like '%test.happen%'",
      [organizations[0]],
    );
    expect(entry).toMatchObject({
      sequence: false,
      actor: "system:gateway",
      action: "test.happen",
      subject: "thing:a thing",
      detail: { why: "first" },
      leaf_hash: row?.hash,
    });
  });
});

/** Stretches of time in which a gateway listened, in seconds before now: from and to. */
async function listenedIn(
  database: TestDatabase,
  stretches: readonly (readonly [number, number])[],
): Promise<void> {
  await database.look("delete from gateway_listening");
  for (const [from, to] of stretches)
    await database.look(
      "insert into gateway_listening (id, since, heard_until) values ($1, now() - make_interval(secs => $2), now() - make_interval(secs => $3))",
      [newId(), from, to],
    );
}

/** One of everything in an organization of its own; returns its UUID. */
async function seed(database: TestDatabase, code: string): Promise<string> {
  const { organizationId, userId } = await database
    .get(UserService)
    .add({ login: `user-of-${code}`, role: "admin", organizationCode: code });
  const clusters = new Map<string, string>();
  for (const [cluster, state, seenSecondsAgo] of [
    ["heard", "active", DISCONNECT_AFTER_SECONDS / 2],
    ["silent", "active", DISCONNECT_AFTER_SECONDS * 2],
    ["revoked", "revoked", 0],
    ["new", "pending", undefined],
  ] as const) {
    const id = newId();
    clusters.set(cluster, id);
    const name = cluster.charAt(0).toUpperCase() + cluster.slice(1);
    await database.look(
      "insert into clusters (organization_id, id, code, name, state) values ($1, $2, $3, $4, $5)",
      [organizationId, id, cluster, name, state],
    );
    if (seenSecondsAgo !== undefined)
      await database.look(
        "insert into cluster_presence (organization_id, cluster_id, last_seen) values ($1, $2, now() - make_interval(secs => $3))",
        [organizationId, id, seenSecondsAgo],
      );
  }
  await seedIntent(database, organizationId, clusters.get("heard") ?? "");
  await seedJobs(database, organizationId, clusters.get("silent") ?? "");
  await seedPerson(database, organizationId, userId);
  await database.look(
    "insert into odoo_databases (organization_id, id, name) values ($1, $2, 'Odoo')",
    [organizationId, newId()],
  );
  await database.unitOfWork.inOrganization(organizationId, (stores) =>
    stores.get(AuditStore).append(gatewayActor(organizationId), {
      action: "test.happen",
      subject: { type: "thing", id: "1", name: "a thing" },
      detail: { why: code },
    }),
  );
  return organizationId;
}

async function seedPerson(
  database: TestDatabase,
  organizationId: string,
  userId: string,
): Promise<void> {
  const identityId = newId();
  await database.look(
    "insert into user_identities (organization_id, id, user_id, issuer, subject) values ($1, $2, $3, 'https://login.example.com/', 's')",
    [organizationId, identityId, userId],
  );
  await database.look(
    "insert into user_sessions (organization_id, id, user_id, identity_id, secret_hash, authenticated_at, expires_at) values ($1, $2, $3, $4, '', now(), now())",
    [organizationId, newId(), userId, identityId],
  );
}

async function seedIntent(
  database: TestDatabase,
  organizationId: string,
  clusterId: string,
): Promise<void> {
  const entryId = newId();
  await database.look(
    "insert into catalog_entries (organization_id, id, code, name, chart_source_type, chart_url, chart_name) values ($1, $2, 'app', 'App', 'helm', 'https://charts.example.com', 'app')",
    [organizationId, entryId],
  );
  await database.look(
    "insert into policies (organization_id, id, name, cluster_id) values ($1, $2, 'all', $3)",
    [organizationId, newId(), clusterId],
  );
  const instanceId = newId();
  await database.look(
    "insert into application_instances (organization_id, id, cluster_id, catalog_entry_id, namespace, name, chart_version) values ($1, $2, $3, $4, 'team', 'shop', '1.0.0')",
    [organizationId, instanceId, clusterId, entryId],
  );
  await seedOperations(database, [organizationId, clusterId, instanceId]);
}

/** Backups that ended so many hours ago; the two newest prove nothing. */
async function seedOperations(
  database: TestDatabase,
  place: readonly string[],
): Promise<void> {
  for (const [state, hours, degraded] of [
    ["succeeded", 9, false],
    ["succeeded", 3, false],
    ["succeeded", 2, true],
    ["failed", 1, false],
  ] as const)
    await database.look(
      `insert into operations (organization_id, cluster_id, instance_id, id, namespace, name, type, engine, parameters_json, state, degraded,
         finished_at, approval_state, requested_by)
       values ($1, $2, $3, $4, 'team', $5, 'Backup', 'velero', '{}', $6, $7, now() - make_interval(hours => $8), 'not_required', $4)`,
      [...place, newId(), `${state}-${hours}`, state, degraded, hours],
    );
  await database.look(
    `insert into operation_schedules (organization_id, cluster_id, instance_id, id, name, type, engine, parameters_json, cron, timezone, active, requested_by)
     values ($1, $2, $3, $4, 'nightly', 'Backup', 'velero', '{}', '0 2 * * *', 'UTC', true, $4)`,
    [...place, newId()],
  );
  await database.look(
    `insert into operation_sequences (organization_id, cluster_id, instance_id, id, name, template, definition, parameters_json, state, requested_by)
     values ($1, $2, $3, $4, 'moved', 'migrate', '{}', '{}', 'succeeded', $4)`,
    [...place, newId()],
  );
}

async function seedJobs(
  database: TestDatabase,
  organizationId: string,
  clusterId: string,
): Promise<void> {
  await database.look(
    `insert into settled_jobs (organization_id, id, number, cluster_id, kind, api_version, object_kind, namespace, name, payload_digest,
       idempotency_key, state, outcome, error, attempt, created_at, expires_at)
     values ($1, $2, nextval('job_number'), $3, 'apply', '', '', '', '', '', 'k@1', 'failed', 'failed', 'no such chart', 1, now(), now())`,
    [organizationId, newId(), clusterId],
  );
  await database.look(
    "insert into jobs (organization_id, id, cluster_id, kind, payload, idempotency_key, expires_at) values ($1, $2, $3, 'intent', '{}', 'k@2', now() + interval '1 day')",
    [organizationId, newId(), clusterId],
  );
  await database.look(
    "insert into events (organization_id, id, cluster_id, kind, body, timestamp) values ($1, $2, $3, 'ConditionTransition', '{}', now())",
    [organizationId, newId(), clusterId],
  );
}
