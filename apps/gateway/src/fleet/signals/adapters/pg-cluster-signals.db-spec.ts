import { newId } from "@vworkspace/kernel";
import {
  openTestDatabase,
  type TestDatabase,
  type TestGateway,
} from "../../../../../../test/db/open-test-database";
import { ClusterSignals } from "../domain/cluster-signals";

describe("signals between replicas", () => {
  let db: TestDatabase;
  let other: TestGateway;

  beforeAll(async () => {
    db = await openTestDatabase();
    other = await db.openReplica();
  });

  afterAll(() => db.stop());

  /** Resolves once that replica has heard of the cluster; signals again and again, since a hint may be lost. */
  async function heard(
    from: TestGateway,
    by: TestGateway,
    count = 1,
  ): Promise<void> {
    const clusters = Array.from({ length: count }, () => newId());
    const missing = new Set(clusters);
    const leave = clusters.map((id) =>
      by.get(ClusterSignals).subscribe(id, () => missing.delete(id)),
    );
    while (missing.size > 0) {
      for (const id of clusters) from.get(ClusterSignals).signal(id);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const end of leave) end();
  }

  const listeners = async () => {
    const rows = await db.look<{ pid: number }>(
      "select pid from pg_stat_activity where application_name = 'vworkspace-signals'",
    );
    return rows.map(({ pid }) => pid);
  };

  it("wake a waiter on another replica, and on the same", async () => {
    await heard(db, other);
    await heard(other, db);
    await heard(db, db);
  });

  it("carry more clusters at once than one notification can", async () => {
    await heard(db, other, 1000);
  });

  it("wake nobody who waits for another cluster, or waits no more", async () => {
    const [left, stayed] = [newId(), newId()];
    const woken: string[] = [];
    const signals = other.get(ClusterSignals);
    const leave = signals.subscribe(left, () => woken.push("left"));
    const stay = signals.subscribe(stayed, () => woken.push("stayed"));
    leave();
    db.get(ClusterSignals).signal(left);
    await heard(db, other);
    expect(woken).toEqual([]);
    expect(signals.waiting()).toEqual([stayed]);
    stay();
  });

  it("wake everyone who waits once a lost listener is replaced, since something may have been missed", async () => {
    await heard(db, other);
    const woken = new Promise<void>((resolve) => {
      other.get(ClusterSignals).subscribe(newId(), resolve);
    });
    for (const pid of await listeners())
      await db.look("select pg_terminate_backend($1)", [pid]);
    await woken;
    await heard(db, other);
    await heard(other, db);
  });

  it("leave no connection behind when the program ends", async () => {
    const replica = await db.openReplica();
    await heard(replica, replica);
    await heard(other, replica);
    const before = new Set(await listeners());
    await replica.close();
    const after = await listeners();
    expect(after.length).toBeLessThan(before.size);
  });
});
