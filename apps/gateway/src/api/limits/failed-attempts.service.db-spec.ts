import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { DatabaseHealth } from "../../database/database-health";
import { SweepService } from "../../delivery/sweep/sweep.service";
import { SqlFailedAttemptStore } from "./adapters/sql-failed-attempt-store";
import { FailedAttemptStore } from "./domain/failed-attempt-store";
import { FailedAttempts } from "./failed-attempts.service";
import { DEFAULT_LIMITS } from "./limits-file";

jest.setTimeout(60_000);

const ADDRESS = "192.0.2.7";

describe("failed attempts", () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(FailedAttemptStore, SqlFailedAttemptStore);
  });
  beforeEach(() => db.look("delete from failed_attempts"));
  afterAll(() => db.stop());

  /** What one replica knows of; five failures are let pass. */
  function replica(): FailedAttempts {
    const failures = { requests: 5, windowSeconds: 600 };
    return new FailedAttempts(db.unitOfWork, db.masterKey, {
      limits: { ...DEFAULT_LIMITS, failures },
      places: 1,
      random: () => 0,
    });
  }

  it("are counted over all replicas, also when they come at once", async () => {
    const attempts = [replica(), replica(), replica()].flatMap((one) =>
      Array.from({ length: 4 }, () => one.note(ADDRESS)),
    );
    const waits = await Promise.all(attempts);
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(5);
    for (const wait of waits.filter((one) => one !== undefined)) {
      expect(wait).toBeGreaterThan(590);
      expect(wait).toBeLessThanOrEqual(600);
    }
    expect(await replica().note("192.0.2.8")).toBeUndefined();
  });

  it("cost no statement once the address is over its limit", async () => {
    const one = replica();
    for (let count = 0; count < 6; count += 1) await one.note(ADDRESS);
    expect(one.isBarred(ADDRESS)).toBe(true);
    const queries = () => db.get(DatabaseHealth).queries;
    const before = queries();
    for (let count = 0; count < 100; count += 1)
      expect(await one.note(ADDRESS)).toBeGreaterThan(0);
    expect(queries()).toBe(before);
  });

  it("begin anew when their time is over", async () => {
    for (let count = 0; count < 6; count += 1) await replica().note(ADDRESS);
    await db.look("update failed_attempts set ends_at = now()");
    expect(await replica().note(ADDRESS)).toBeUndefined();
    expect(await db.look("select attempts from failed_attempts")).toEqual([
      { attempts: 1 },
    ]);
  });

  it("name no address in the database, and are swept", async () => {
    await replica().note(ADDRESS);
    const [row] = await db.look<{ digest: Buffer }>(
      "select * from failed_attempts",
    );
    expect(JSON.stringify(row)).not.toContain(ADDRESS);
    expect(row?.digest).toHaveLength(32);
    await db.look(
      "update failed_attempts set ends_at = now() - interval '2 hours'",
    );
    await db.get(SweepService).keepHouse(400);
    expect(await db.look("select 1 from failed_attempts")).toEqual([]);
  });
});
