import { inspect } from "node:util";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { TestTenant } from "../../../../test/db/test-tenant";
import { SqlTransaction } from "./sql-transaction";
import type { Stores } from "./unit-of-work";

/** A store that sends what a test wants to send. */
class Statements {
  constructor(readonly transaction: SqlTransaction) {}

  run(sql: string, values: readonly unknown[] = []): Promise<unknown[]> {
    return this.transaction.query(sql, values);
  }
}

describe("a unit of work in PostgreSQL", () => {
  let db: TestDatabase;
  let tenant: TestTenant;

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(Statements, Statements);
    tenant = await TestTenant.make(db);
    await tenant.cluster();
  });

  afterAll(() => db.stop());

  const rename = (stores: Stores, name: string) =>
    stores
      .get(Statements)
      .run("update clusters set name = $1 returning name", [name]);
  const names = async () => {
    const rows = await db.look<{ name: string }>("select name from clusters");
    return rows.map(({ name }) => name);
  };

  it("keeps nothing of work that throws, and runs none of its hooks", async () => {
    let hooks = 0;
    const work = tenant.in(async (stores) => {
      stores.afterCommit(() => (hooks += 1));
      await rename(stores, "half");
      throw new Error("not this time");
    });
    await expect(work).rejects.toThrow("not this time");
    expect(await names()).not.toContain("half");
    expect(hooks).toBe(0);
  });

  it("runs hooks once the change can be seen by others, and stands by the change when one throws", async () => {
    const seen: Promise<string[]>[] = [];
    const answer = await tenant.in(async (stores) => {
      stores.afterCommit(() => {
        throw new Error("nobody listens");
      });
      stores.afterCommit(() => void seen.push(names()));
      await rename(stores, "whole");
      return "kept";
    });
    expect(answer).toBe("kept");
    expect(await Promise.all(seen)).toEqual([["whole"]]);
  });

  it("runs the whole of it again after a deadlock", async () => {
    await db.look("create table if not exists deadlock (id int primary key)");
    await db.look("insert into deadlock values (1), (2)");
    await db.look("grant select, update on deadlock to vworkspace_app");
    let attempts = 0;
    const bothHoldOne = barrier(2);
    const lockBoth = (first: number, second: number) =>
      tenant.in(async (stores) => {
        attempts += 1;
        const hold = (id: number) =>
          stores
            .get(Statements)
            .run("select 1 from deadlock where id = $1 for update", [id]);
        await hold(first);
        await bothHoldOne();
        await hold(second);
        return first;
      });
    expect(await Promise.all([lockBoth(1, 2), lockBoth(2, 1)])).toEqual([1, 2]);
    // One of them goes again; both, where both notice at the same time.
    expect(attempts).toBeGreaterThan(2);
  });

  it("refuses what somebody else made first, and what somebody else still needs, as conflicts", async () => {
    const cluster = await tenant.addCluster();
    const renaming = tenant.in((stores) =>
      stores
        .get(Statements)
        .run("update clusters set code = $1 where code <> $1", [cluster.code]),
    );
    await expect(renaming).rejects.toMatchObject({ code: "already_exists" });
    const policy = tenant.in((stores) =>
      stores
        .get(Statements)
        .run(
          "insert into policies (organization_id, id, name, cluster_id) values ($1, $2, 'x', $2)",
          [tenant.organizationId, tenant.organizationId],
        ),
    );
    await expect(policy).rejects.toMatchObject({ code: "conflict" });
  });

  it("tells of a statement that failed without the values that it was sent", async () => {
    const sent = [tenant.organizationId, `"planted-secret`];
    const failing = tenant.in((stores) =>
      stores
        .get(Statements)
        .run(
          "update clusters set conditions = $2::jsonb where organization_id = $1",
          sent,
        ),
    );
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "22P02" });
    expect(inspect(error, { depth: 5 })).not.toContain("planted-secret");
  });

  it("says that it is unavailable when its connection breaks, and goes on with another", async () => {
    const work = tenant.in(async (stores) => {
      const [row] = (await stores
        .get(Statements)
        .run("select pg_backend_pid() as pid")) as { pid: number }[];
      await db.look("select pg_terminate_backend($1)", [row?.pid]);
      await rename(stores, "lost");
    });
    await expect(work).rejects.toMatchObject({
      code: "unavailable",
      retryAfterSeconds: 1,
    });
    await expect(
      tenant.in((stores) => stores.get(Statements).run("select 1 as one")),
    ).resolves.toEqual([{ one: 1 }]);
  });

  it("says that it is unavailable while others hold what it wants", async () => {
    const work = tenant.in(async (stores) => {
      await stores.get(Statements).run("set local lock_timeout = '50ms'");
      await stores.get(Statements).run("select 1 from clusters for update");
      await tenant.in(async (others) => {
        await others.get(Statements).run("set local lock_timeout = '50ms'");
        await rename(others, "waiting");
      });
    });
    await expect(work).rejects.toMatchObject({ code: "unavailable" });
  });

  it("names no store that nobody has bound", async () => {
    abstract class UnboundStore {
      abstract anything(): void;
    }
    await expect(
      tenant.in((stores) => Promise.resolve(stores.get(UnboundStore))),
    ).rejects.toThrow("No adapter is bound to the store UnboundStore.");
  });

  it("has no organization where none was named", async () => {
    const work = db.unitOfWork.asWorker((stores) =>
      Promise.resolve(stores.get(Statements).transaction.organization),
    );
    await expect(work).rejects.toThrow("no organization");
  });
});

/** Resolves for everyone once `parties` have come; later ones pass at once. */
function barrier(parties: number): () => Promise<void> {
  let missing = parties;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    missing -= 1;
    if (missing <= 0) open();
    return opened;
  };
}
