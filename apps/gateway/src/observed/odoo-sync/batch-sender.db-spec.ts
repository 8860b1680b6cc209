import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOdoo } from "../../../../../test/db/test-odoo";
import { TestOperations } from "../../../../../test/db/test-operations";
import { InstanceService } from "../../intent/instances/instance.service";
import { CatalogService } from "../../intent/catalog/catalog.service";
import { SystemClock } from "@vworkspace/kernel";
import { PgDatabaseLocks } from "./adapters/pg-database-locks";
import { OutboxBell } from "./domain/outbox-bell";
import { OutboxStore } from "./domain/outbox-store";
import { OdooSyncOptions } from "./odoo-sync-options";
import { SenderLoopService } from "./sender-loop.service";
import { SenderPace } from "./sender-pace";

const INSTANCE = "vworkspace.application.instance";

describe("sending to an Odoo", () => {
  let db: TestDatabase;
  let operations: TestOperations;
  let odoo: TestOdoo;
  let instance: string;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    odoo = await TestOdoo.pair(db, operations.tenant);
    instance = await operations.instance();
    await mark(instance, "ref-1");
    await operations.tenant.in((stores) =>
      stores.get(OutboxStore).noteAll(odoo.databaseId),
    );
  });

  const mark = (id: string, ref: string) =>
    db.look(
      "update application_instances set external_ref = $2 where id = $1",
      [id, ref],
    );
  const resize = (size: number) =>
    operations.tenant.in((stores) =>
      db.get(InstanceService).write(stores, operations.tenant.actor, instance, {
        values_json: `{"size":${size}}`,
      }),
    );
  const sizeThere = () =>
    odoo.book.by(INSTANCE, "external_ref").get("ref-1")?.["values_json"];

  it("tells the newest state of each record once, what refers to others after them", async () => {
    for (let size = 1; size <= 20; size += 1) await resize(size);
    await odoo.deliver();
    expect(sizeThere()).toBe('{"size":20}');
    expect([...odoo.book.applied.values()].every((times) => times === 1)).toBe(
      true,
    );
    expect(odoo.book.outOfOrder).toEqual([]);
    expect(await odoo.waiting()).toEqual([]);
    expect(await odoo.row()).toMatchObject({ failures: 0, last_error: "" });
  });

  it("tells a change that happens while it sends, too", async () => {
    odoo.meanwhile = async () => {
      odoo.meanwhile = () => Promise.resolve();
      await resize(7);
    };
    await odoo.deliver();
    expect(sizeThere()).toBe('{"size":7}');
    expect(await odoo.waiting()).toEqual([]);
  });

  it("says that a catalog entry is gone, and nothing of other records that are", async () => {
    const { tenant } = operations;
    const catalog = db.get(CatalogService);
    const entry = await tenant.in((stores) =>
      catalog.create(stores, tenant.actor, {
        code: "extra",
        name: "Extra",
        chart_url: "oci://charts.example.com/apps",
        chart_name: "extra",
      }),
    );
    await odoo.deliver();
    expect(odoo.book.records.get(entry.id)?.deleted).toBe(false);
    await tenant.in((stores) => catalog.remove(stores, tenant.actor, entry.id));
    await odoo.deliver();
    expect(odoo.book.records.get(entry.id)).toMatchObject({
      deleted: true,
      values: {},
    });
  });

  it("leaves an Odoo alone for a while when it is away, and tells everything when it is back", async () => {
    odoo.isAway = true;
    await odoo.deliver();
    const row = await odoo.row();
    expect(row).toMatchObject({ failures: 1, last_error: "The Odoo is away." });
    const pause = Number(row["next_try_at"]) - Date.now();
    expect(pause).toBeLessThanOrEqual(20_000);
    expect(odoo.counts.failures).toBe(1);
    odoo.isAway = false;
    await odoo.deliver();
    expect(sizeThere()).toBeDefined();
    expect(await odoo.row()).toMatchObject({
      failures: 0,
      next_try_at: null,
      last_error: "",
    });
  });

  it("keeps what the Odoo doesn't take with the reason, until it changes", async () => {
    odoo.book.broken.add("Shop");
    await odoo.deliver();
    const [held] = await odoo.waiting();
    expect(held).toMatchObject({
      status: "parked",
      problem: "Somebody made a mistake.",
    });
    expect(odoo.counts.records).toMatchObject({ parked: 1 });
    await odoo.deliver();
    expect(odoo.counts.records).toMatchObject({ parked: 1 });
    odoo.book.broken.clear();
    await db.look("update catalog_entries set name = 'Shop 2' where id = $1", [
      held?.record_id,
    ]);
    await odoo.deliver();
    expect(await odoo.waiting()).toEqual([]);
    expect(odoo.book.records.get(held?.record_id ?? "")?.values).toMatchObject({
      name: "Shop 2",
    });
  });

  it("sends nothing to another database than the one that was paired", async () => {
    odoo.databaseUuid = "of-a-copy";
    await odoo.deliver();
    expect(odoo.book.records.size).toBe(0);
    expect(await odoo.row()).toMatchObject({
      last_error: expect.stringContaining("another database") as string,
    });
  });

  it("sends again what was cut off before it was written down", async () => {
    const aborted = AbortSignal.abort();
    odoo.meanwhile = () => Promise.reject(new Error("killed"));
    const { organizationId } = operations.tenant;
    const due = { organizationId, databaseId: odoo.databaseId };
    expect(await odoo.newSender().send(due, aborted)).toBe(false);
    expect((await odoo.waiting()).length).toBeGreaterThan(3);
    odoo.meanwhile = () => Promise.resolve();
    odoo.restartSender();
    await odoo.deliver();
    expect(await odoo.waiting()).toEqual([]);
    const row = await odoo.row();
    expect(row["last_comparison"]).toEqual({});
  });

  describe("of a gateway that was restored from a backup", () => {
    const restore = async () => {
      const before = await odoo.row();
      await resize(100);
      await odoo.deliver();
      // As it was before the last change: what was sent since is known to nobody here.
      await db.look(
        "update odoo_databases set sent_sequence = $2, acknowledged_sequence = $2 where id = $1",
        [odoo.databaseId, before["sent_sequence"]],
      );
      await db.look(
        `update application_instances set values_json = '{"size":1}' where id = $1`,
        [instance],
      );
      return before;
    };

    it("begins a new epoch, tells everything, and says so", async () => {
      await odoo.deliver();
      const before = await restore();
      odoo.restartSender();
      await odoo.deliver();
      const after = await odoo.row();
      expect(after["epoch"]).not.toBe(before["epoch"]);
      expect(odoo.book.epochs).toEqual([before["epoch"], after["epoch"]]);
      expect(sizeThere()).toBe('{"size":1}');
      expect(after["last_comparison"]).toMatchObject({
        epoch: { records: expect.any(Number) as number },
      });
      expect(await operations.tenant.auditActions()).toContain(
        "odoo_database.restore_detected",
      );
      for (const times of odoo.book.applied.values())
        expect(times).toBeGreaterThan(1);
    });

    it("notices it also where it went on running", async () => {
      await odoo.deliver();
      const { epoch } = await restore();
      await odoo.deliver();
      expect((await odoo.row())["epoch"]).not.toBe(epoch);
      expect(sizeThere()).toBe('{"size":1}');
    });
  });

  it("is done by one replica at a time", async () => {
    const [left, right] = [1, 2].map(() => new PgDatabaseLocks(db.urls.worker));
    let end: () => void = () => undefined;
    const working = new Promise<void>((done) => (end = done));
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((done) => (begun = done));
    const first = left?.holding(odoo.databaseId, () => {
      begun();
      return working.then(() => "left");
    });
    await isBegun;
    const work = () => Promise.resolve("right");
    expect(await right?.holding(odoo.databaseId, work)).toBeUndefined();
    expect(await right?.holding(instance, work)).toBe("right");
    end();
    expect(await first).toBe("left");
    expect(await right?.holding(odoo.databaseId, work)).toBe("right");
    await left?.close();
    await right?.close();
  });

  it("is done by two replicas in turn, and never twice at once", async () => {
    let atWork = 0;
    let most = 0;
    let batches = 0;
    odoo.meanwhile = async () => {
      atWork += 1;
      batches += 1;
      most = Math.max(most, atWork);
      await new Promise((done) => setTimeout(done, 5));
      atWork -= 1;
    };
    const replicas = [1, 2].map(
      () =>
        new SenderLoopService(
          db.unitOfWork,
          odoo.newSender(),
          new PgDatabaseLocks(db.urls.worker),
          new SenderPace(
            new OutboxBell(),
            new SystemClock(),
            new OdooSyncOptions([], () => "", 120),
          ),
        ),
    );
    for (const replica of replicas) replica.onApplicationBootstrap();
    for (let size = 1; size <= 60; size += 1) await resize(size);
    while ((await odoo.waiting()).length > 0)
      await new Promise((done) => setTimeout(done, 20));
    for (const replica of replicas) await replica.beforeApplicationShutdown();
    expect(sizeThere()).toBe('{"size":60}');
    expect(batches).toBeGreaterThan(1);
    expect(most).toBe(1);
  });

  it("tells its holder when the lock is lost", async () => {
    const locks = new PgDatabaseLocks(db.urls.worker);
    const isLost = await locks.holding(odoo.databaseId, async (lost) => {
      const aborted = new Promise((done) =>
        lost.addEventListener("abort", done),
      );
      await db.look(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vworkspace-odoo-locks'",
      );
      await aborted;
      return lost.aborted;
    });
    expect(isLost).toBe(true);
    expect(await locks.holding(odoo.databaseId, () => Promise.resolve(1))).toBe(
      1,
    );
    await locks.close();
  });
});
