import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOdoo } from "../../../../../test/db/test-odoo";
import { TestOperations } from "../../../../../test/db/test-operations";
import { TestTenant } from "../../../../../test/db/test-tenant";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import { PresenceService } from "../../fleet/clusters/presence.service";
import { InstanceService } from "../../intent/instances/instance.service";
import { ConnectionNoteService } from "./connection-note.service";
import { OdooDatabaseService } from "./odoo-database.service";
import { OutboxStore } from "./domain/outbox-store";

const [CLUSTER, ENTRY, POLICY, INSTANCE, OPERATION, JOB] = [1, 2, 3, 4, 5, 6];

describe("what an Odoo has yet to be told", () => {
  let db: TestDatabase;
  let operations: TestOperations;
  let odoo: TestOdoo;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    odoo = await TestOdoo.pair(db, operations.tenant);
  });

  const models = async () => (await odoo.waiting()).map(({ model }) => model);
  const sequenceOf = async (id: string) => {
    const rows = await odoo.waiting();
    return Number(rows.find((row) => row.record_id === id)?.sequence ?? 0);
  };

  it("is each record that changes after the pairing, once", async () => {
    expect(await models()).toEqual([]);
    const id = await operations.instance();
    await operations.create(id);
    expect(new Set(await models())).toEqual(
      new Set([ENTRY, POLICY, INSTANCE, OPERATION, JOB]),
    );
    const before = await odoo.waiting();
    const { tenant, cluster } = operations;
    await tenant.in((stores) =>
      db
        .get(InstanceService)
        .write(stores, tenant.actor, id, { values_json: '{"size":2}' }),
    );
    await tenant.in((stores) =>
      db.get(ClusterService).rename(stores, tenant.actor, cluster.id, "New"),
    );
    const after = await odoo.waiting();
    const known = new Set(before.map((row) => row.record_id));
    const added = after.filter((row) => !known.has(row.record_id));
    expect(added.map(({ model }) => model).sort()).toEqual([CLUSTER, JOB]);
  });

  it("gets a higher number with every change of the record", async () => {
    const id = await operations.instance();
    const { tenant } = operations;
    let last = await sequenceOf(id);
    expect(last).toBeGreaterThan(0);
    for (const size of [1, 2, 3]) {
      await tenant.in((stores) =>
        db
          .get(InstanceService)
          .write(stores, tenant.actor, id, { values_json: `{"size":${size}}` }),
      );
      const next = await sequenceOf(id);
      expect(next).toBeGreaterThan(last);
      last = next;
    }
  });

  it("is one row per record, however often each changes while the Odoo is away", async () => {
    const CHANGES = 20;
    const id = await operations.instance();
    await odoo.deliver();
    const { tenant } = operations;
    for (let size = 1; size <= CHANGES; size += 1)
      await tenant.in((stores) =>
        db
          .get(InstanceService)
          .write(stores, tenant.actor, id, { values_json: `{"size":${size}}` }),
      );
    await operations.carry();
    // Each job was made, and then superseded by the next one or offered and settled.
    const told = await models();
    expect(told.filter((model) => model === INSTANCE)).toHaveLength(1);
    expect(told.filter((model) => model === JOB)).toHaveLength(CHANGES);
    await odoo.deliver();
    const { size } = odoo.book.by("vworkspace.job", "code");
    expect(size).toBe(CHANGES + 1);
    expect(await models()).toEqual([]);
  });

  it("is nothing of a change that was taken back", async () => {
    const id = await operations.instance();
    await odoo.deliver();
    const { tenant } = operations;
    const failing = tenant.in(async (stores) => {
      await db
        .get(InstanceService)
        .write(stores, tenant.actor, id, { values_json: '{"size":9}' });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await models()).toEqual([]);
  });

  it("is a job from its making to its end, wherever it stands", async () => {
    const id = await operations.instance();
    await odoo.deliver();
    await operations.create(id);
    const offered = await operations.carry();
    const rows = await odoo.waiting();
    const jobs = rows.filter(({ model }) => model === JOB);
    expect(jobs.map((row) => row.record_id)).toEqual(
      offered.map((job) => job.id),
    );
  });

  it("is an instance whose newest backup is another one now", async () => {
    const id = await operations.instance();
    const { id: backup } = await operations.create(id);
    await odoo.deliver();
    await operations.tell(backup, ["Succeeded True EngineCompleted"], {
      outputs: {},
    });
    const [row] = await db.look<{ state: string }>(
      "select state from operations where id = $1",
      [backup],
    );
    expect(row?.state).toBe("succeeded");
    expect(await sequenceOf(id)).toBeGreaterThan(0);
  });

  it("is a cluster that falls silent, or is heard of again, and nothing while nothing changes", async () => {
    await odoo.deliver();
    const { cluster } = operations;
    const notes = db.get(ConnectionNoteService);
    await notes.note();
    expect(await models()).toEqual([]);
    const presence = db.get(PresenceService);
    presence.note(cluster.principal);
    await presence.flush();
    await notes.note();
    expect(await models()).toEqual([CLUSTER]);
    await odoo.deliver();
    expect(
      odoo.book.by("vworkspace.cluster", "code").get(cluster.code),
    ).toMatchObject({ connected: true });
    await notes.note();
    expect(await models()).toEqual([]);
    await db.look(
      "update cluster_presence set last_seen = now() - interval '1 hour' where cluster_id = $1",
      [cluster.id],
    );
    await db.look("delete from gateway_listening");
    await db.look(
      "insert into gateway_listening (id, since, heard_until) values (gen_random_uuid(), now() - interval '2 hours', now())",
    );
    await notes.note();
    expect(await models()).toEqual([CLUSTER]);
    await odoo.deliver();
    expect(
      odoo.book.by("vworkspace.cluster", "code").get(cluster.code),
    ).toMatchObject({ connected: false });
  });

  it("is of the own organization only", async () => {
    const other = await TestOperations.make(db);
    await other.instance();
    expect(await models()).toEqual([]);
  });

  it("is everything, where everything is asked for: but of old jobs only those since the pairing", async () => {
    const other = await TestOperations.make(db);
    const id = await other.instance();
    const { tenant } = other;
    const late = await TestOdoo.pair(db, tenant);
    await other.create(id);
    await other.carry();
    await tenant.in((stores) =>
      stores.get(OutboxStore).noteAll(late.databaseId),
    );
    const rows = await late.waiting();
    expect(rows.map(({ model }) => model)).toEqual([
      CLUSTER,
      ENTRY,
      POLICY,
      INSTANCE,
      OPERATION,
      JOB,
    ]);
  });

  it("is nothing while the Odoo is disabled, and everything when it is enabled again", async () => {
    const databases = db.get(OdooDatabaseService);
    const { tenant } = operations;
    const on = [tenant.actor, odoo.databaseId] as const;
    await tenant.in((stores) => databases.disable(stores, ...on));
    await operations.instance();
    expect(await models()).toEqual([]);
    await tenant.in((stores) => databases.enable(stores, ...on));
    expect(new Set(await models())).toEqual(
      new Set([CLUSTER, ENTRY, POLICY, INSTANCE, JOB]),
    );
  });
});

describe("an organization without an Odoo", () => {
  it("notes nothing", async () => {
    const db = await openTestDatabase();
    const tenant = await TestTenant.make(db);
    await tenant.allow();
    const { id } = await tenant.cluster();
    await tenant.createInstance(id);
    expect(await db.look("select 1 from odoo_outbox")).toEqual([]);
    await db.stop();
  });
});
