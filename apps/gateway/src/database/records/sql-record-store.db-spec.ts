import { newId } from "@vworkspace/kernel";
import {
  bindDomain,
  evaluateDomain,
  odooDateTime,
  parseDomain,
  type RecordReader,
  RpcUsageError,
} from "@vworkspace/odoo-rpc";
import fc from "fast-check";
import { Client } from "pg";
import type { DataSource, QueryRunner } from "typeorm";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { SqlTransaction } from "../sql-transaction";
import { StoreBindings } from "../store-bindings";
import type { RecordField, RecordModel } from "./record-model";
import { RecordStore } from "./record-store";
import { SqlRecordStore } from "./sql-record-store";

/** A record as the test keeps it; the same values are in the database. */
interface Row {
  readonly number: number;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
  readonly shelf: Row | undefined;
}

type Scalar = RecordField["type"];

const column =
  (name: string): RecordField["sql"] =>
  (alias) =>
    `${alias}.${name}`;

function model(
  name: string,
  from: string,
  types: Readonly<Record<string, Scalar>>,
  target?: RecordModel,
): RecordModel {
  const fields = new Map<string, RecordField>(
    Object.entries<Scalar>({ id: "integer", ...types }).map(([field, type]) => [
      field,
      {
        name: field,
        type,
        sql: column(
          { id: "number", shelf_id: "shelf_id", code: "id" }[field] ?? field,
        ),
        isUuid: field === "code",
        ...(type === "many2one" && target ? { target: () => target } : {}),
      },
    ]),
  );
  return {
    name,
    from,
    displayField: "name",
    defaultOrder: column("number"),
    field: (field) => fields.get(field),
    comodel: (field) => field.target?.(),
  };
}

const shelves = model("shelf", "test_shelves", { name: "char" });
const books = model(
  "book",
  "test_books",
  {
    code: "char",
    name: "char",
    note: "text",
    state: "selection",
    pages: "integer",
    lent: "boolean",
    bought: "datetime",
    extra: "json",
    shelf_id: "many2one",
  },
  shelves,
);

const READER: RecordReader<RecordField, Row> = {
  id: (row) => row.number,
  value: (row, field) =>
    field.name === "id" ? row.number : (row.values[field.name] ?? null),
  related: (row) => (row.shelf === undefined ? [] : [row.shelf]),
};

/** Few letters, so that texts and patterns meet; those that differ in case, and LIKE's own characters, among them. */
const word = fc.oneof(
  fc.constantFrom("a", "A", "é", "É", "aA", "%a", "_A", "\\%", "a\\"),
  fc.stringMatching(/^[aAéÉ%_\\ 1]{0,3}$/),
);
const moments = [
  "2026-01-01 00:00:00.500",
  "2026-01-01 00:00:00.000",
  "2026-01-31 23:59:59.999",
  "2025-12-31 12:00:00.000",
].map((text) => new Date(`${text.replace(" ", "T")}Z`));
const uuids = Array.from({ length: 5 }, () => newId());

const bookValues = fc.record({
  name: fc.option(word),
  note: fc.option(word),
  state: fc.option(fc.constantFrom("draft", "ready")),
  pages: fc.option(fc.integer({ min: -2, max: 3 })),
  lent: fc.option(fc.boolean()),
  bought: fc.option(fc.constantFrom(...moments)),
  extra: fc.option(fc.constant("{}")),
  shelf: fc.option(fc.integer({ min: 0, max: 2 })),
});

const texts = fc.oneof(word, fc.constant(false), fc.constant(""));
const dates = fc.oneof(
  fc.constantFrom(
    "2026-01-01 00:00:00",
    "2026-01-01",
    "2026-01-31",
    "2026-01-31 23:59:59",
    "0000-01-01",
    "9999-12-31",
  ),
  fc.constant(false),
);
const numbers = fc.oneof(
  fc.integer({ min: -2, max: 3 }),
  fc.constantFrom(0, 2 ** 40, "2", false),
);
const inequality = fc.constantFrom("<", "<=", ">", ">=");
const equality = fc.constantFrom("=", "!=", "=?");
const membership = fc.constantFrom("in", "not in");
const pattern = fc.constantFrom(
  ...["like", "ilike", "=like", "=ilike", "not like", "not ilike", "not =like"],
);

function conditionsOn(
  path: string,
  values: fc.Arbitrary<unknown>,
  { hasOrder = true, hasPattern = true } = {},
): fc.Arbitrary<unknown> {
  const field = fc.constant(path);
  return fc.oneof(
    fc.tuple(field, equality, values),
    fc.tuple(field, membership, fc.array(values, { maxLength: 3 })),
    ...(hasOrder ? [fc.tuple(field, inequality, values)] : []),
    ...(hasPattern ? [fc.tuple(field, pattern, texts)] : []),
  );
}

const condition: fc.Arbitrary<unknown> = fc.oneof(
  conditionsOn("name", texts),
  conditionsOn("note", texts),
  conditionsOn("state", fc.constantFrom("draft", "ready", "other", false)),
  conditionsOn("pages", numbers),
  conditionsOn("id", numbers),
  conditionsOn("lent", fc.constantFrom(true, false, "yes", 1, 0), {
    hasOrder: false,
    hasPattern: false,
  }),
  conditionsOn("bought", dates),
  conditionsOn("extra", fc.constant(false), {
    hasOrder: false,
    hasPattern: false,
  }),
  conditionsOn("code", fc.constantFrom(...uuids, "x", false)),
  conditionsOn("shelf_id", fc.oneof(fc.integer({ min: 1, max: 4 }), texts), {
    hasOrder: false,
  }),
  conditionsOn("shelf_id.name", texts),
  conditionsOn("shelf_id.id", numbers),
  fc.tuple(
    fc.constant("shelf_id"),
    fc.constantFrom("any", "not any"),
    fc.array(conditionsOn("name", texts), { maxLength: 2 }),
  ),
  fc.constantFrom([1, "=", 1], [0, "=", 1]),
);

/** Polish notation of any tree over conditions. */
const domain: fc.Arbitrary<unknown[]> = fc.letrec<{ tree: unknown[] }>(
  (tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      condition.map((one) => [one]),
      fc
        .tuple(fc.constantFrom("&", "|"), tie("tree"), tie("tree"))
        .map(([connective, left, right]) => [connective, ...left, ...right]),
      tie("tree").map((one) => ["!", ...one]),
    ),
  }),
).tree;

describe("records in PostgreSQL", () => {
  let database: TestDatabase;
  const own = newId();
  const other = newId();

  beforeAll(async () => {
    database = await openTestDatabase();
    database.get(StoreBindings).bind(RecordStore, SqlRecordStore);
    // Tables of the owner with the same protection as the product's; each property run fills them anew.
    for (const table of ["test_shelves", "test_books"])
      await asOwner(
        `create table ${table} (organization_id uuid not null, id uuid primary key, number integer not null, name text, note text,
           state text, pages integer, lent boolean, bought timestamptz, extra jsonb, shelf_id uuid)`,
        `alter table ${table} enable row level security`,
        `alter table ${table} force row level security`,
        `create policy tenant on ${table} to vworkspace_app using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
        `create policy everything on ${table} to vworkspace_worker using (true) with check (true)`,
        `grant select on ${table} to vworkspace_app`,
        `grant select, insert, delete on ${table} to vworkspace_worker`,
      );
  });

  afterAll(() => database.stop());

  async function asOwner(...statements: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: database.urls.owner });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async function fill(
    organizationId: string,
    given: readonly BookValues[],
  ): Promise<readonly Row[]> {
    const shelfRows = ["a", "Ab%", null].map((name, index) => ({
      id: newId(),
      row: { number: index + 1, values: { name }, shelf: undefined },
    }));
    const insert = (table: string, names: string, values: unknown[]) =>
      database.pools.worker.query(
        `insert into ${table} (organization_id, id, number, ${names}) values (${values.map((_, index) => `$${index + 1}`).join(", ")})`,
        values,
      );
    await database.pools.worker.query(
      "delete from test_shelves where organization_id = $1",
      [organizationId],
    );
    await database.pools.worker.query(
      "delete from test_books where organization_id = $1",
      [organizationId],
    );
    for (const { id, row } of shelfRows)
      await insert("test_shelves", "name", [
        organizationId,
        id,
        row.number,
        row.values.name,
      ]);
    const rows: Row[] = [];
    for (const [index, book] of given.entries()) {
      const shelf = book.shelf === null ? undefined : shelfRows[book.shelf];
      const id = organizationId === own ? (uuids[index] ?? newId()) : newId();
      await insert(
        "test_books",
        "name, note, state, pages, lent, bought, extra, shelf_id",
        [
          organizationId,
          id,
          index + 1,
          book.name,
          book.note,
          book.state,
          book.pages,
          book.lent,
          book.bought,
          book.extra,
          shelf?.id ?? null,
        ],
      );
      rows.push({
        number: index + 1,
        values: {
          ...book,
          shelf: null,
          code: id,
          // The reference compares whole seconds: a fraction changes nothing, since inequalities end at whole seconds.
          bought: book.bought && odooDateTime(book.bought),
        },
        shelf: shelf?.row,
      });
    }
    return rows;
  }

  it("selects exactly the records that the reference semantics select", async () => {
    const seen = { none: 0, some: 0, all: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(bookValues, { minLength: 1, maxLength: 5 }),
        fc.array(domain, { minLength: 20, maxLength: 20 }),
        async (given, domains) => {
          const rows = await fill(own, given);
          for (const one of domains) {
            const bound = bindOrSkip(one);
            if (bound === undefined) continue;
            const expected = rows
              .filter((row) => evaluateDomain(bound, row, READER))
              .map((row) => row.number);
            const [found, count] = await database.unitOfWork.inOrganization(
              own,
              async (stores) => {
                const store = stores.get(RecordStore);
                return [
                  await store.search(books, { domain: bound, limit: 100 }),
                  await store.count(books, bound, 100),
                ] as const;
              },
            );
            expect([JSON.stringify(one), found]).toEqual([
              JSON.stringify(one),
              expected,
            ]);
            expect(count).toBe(expected.length);
            if (expected.length === 0) seen.none += 1;
            else seen[expected.length === rows.length ? "all" : "some"] += 1;
          }
        },
      ),
      { numRuns: 60 },
    );
    // Domains that select some and not all are those that tell.
    expect(seen.some).toBeGreaterThan(200);
  }, 300_000);

  it("counts exactly the groups that are there", async () => {
    const groupable = ["name", "state", "lent", "shelf_id"] as const;
    const keyOf = (row: Row, name: (typeof groupable)[number]) => {
      if (name === "shelf_id")
        return row.shelf ? [row.shelf.number, row.shelf.values["name"]] : null;
      if (name === "lent") return row.values["lent"] ?? false;
      return row.values[name] || null;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(bookValues, { maxLength: 8 }),
        fc.subarray([...groupable]),
        async (given, names) => {
          const rows = await fill(own, given);
          const expected = new Map<string, number>();
          if (names.length === 0) expected.set("[]", 0);
          for (const row of rows) {
            const key = JSON.stringify(names.map((name) => keyOf(row, name)));
            expected.set(key, (expected.get(key) ?? 0) + 1);
          }
          const { groups, counted } = await database.unitOfWork.inOrganization(
            own,
            (stores) =>
              stores.get(RecordStore).group(books, {
                by: names.map((name) => ({
                  field: books.field(name) as RecordField,
                })),
                limit: 100,
                most: 100,
                timeZone: "UTC",
              }),
          );
          const found = groups.map(
            ({ keys, count }) => [JSON.stringify(keys), count] as const,
          );
          expect(new Map(found)).toEqual(expected);
          expect(found).toHaveLength(expected.size);
          expect(counted).toBe(rows.length);
        },
      ),
      { numRuns: 40 },
    );
  }, 300_000);

  it("counts no more records for groups than it was told to", async () => {
    const blank = {
      name: "a",
      note: null,
      state: null,
      pages: null,
      lent: null,
      bought: null,
      extra: null,
      shelf: null,
    };
    await fill(own, [blank, blank, blank]);
    const found = await database.unitOfWork.inOrganization(own, (stores) =>
      stores
        .get(RecordStore)
        .group(books, { by: [], limit: 9, most: 2, timeZone: "UTC" }),
    );
    expect(found).toEqual({ groups: [{ keys: [], count: 2 }], counted: 2 });
  });

  it("orders, pages and reads records with the names of their relations", async () => {
    const blank = {
      name: null,
      note: null,
      state: null,
      pages: null,
      lent: null,
      bought: null,
      extra: null,
      shelf: null,
    };
    await fill(own, [
      { ...blank, name: "b", shelf: 1 },
      { ...blank, name: "a", shelf: 0 },
      { ...blank, name: "a" },
    ]);
    await database.unitOfWork.inOrganization(own, async (stores) => {
      const store = stores.get(RecordStore);
      const search = (order: string, rest = {}) =>
        store.search(books, {
          order: order.split(",").map((term) => {
            const [field = "", direction] = term.trim().split(" ");
            return {
              field,
              direction: direction === "desc" ? "desc" : "asc",
              nulls: undefined,
            };
          }),
          limit: 10,
          ...rest,
        });
      expect(await search("name, id desc")).toEqual([3, 2, 1]);
      expect(await search("name desc")).toEqual([1, 2, 3]);
      expect(await search("shelf_id desc")).toEqual([3, 2, 1]);
      expect(await search("name", { offset: 1, limit: 1 })).toEqual([3]);
      const fields = [books.field("name"), books.field("shelf_id")].filter(
        (field) => field !== undefined,
      );
      expect(await store.read(books, fields, [1, 3, 99])).toEqual([
        { id: 1, name: "b", shelf_id: [2, "Ab%"] },
        { id: 3, name: "a", shelf_id: null },
      ]);
    });
  });

  it("never sees another organization's records, nor with only one of its two safeguards", async () => {
    const blank = {
      name: "secret",
      note: null,
      state: null,
      pages: 1,
      lent: null,
      bought: null,
      extra: null,
      shelf: 0,
    };
    await fill(own, []);
    await fill(other, [blank, blank]);
    const anything = bindDomain(
      parseDomain(["|", ["shelf_id.name", "=", "a"], ["pages", "!=", 7]]),
      books,
    );
    await database.unitOfWork.inOrganization(own, async (stores) => {
      const store = stores.get(RecordStore);
      expect(await store.search(books, { domain: anything, limit: 9 })).toEqual(
        [],
      );
      expect(await store.count(books, undefined, 9)).toBe(0);
      expect(await store.read(books, [], [1, 2])).toEqual([]);
      expect(await store.keysOf(books, [1, 2])).toEqual(new Map());
    });
    // Without row-level security (the worker sees everything) the statement's own condition still holds.
    await onConnection(database.pools.worker, async (runner) => {
      const store = new SqlRecordStore(
        new SqlTransaction(runner, own, () => undefined),
      );
      expect(await runner.query("select * from test_books")).toHaveLength(2);
      expect(await store.search(books, { domain: anything, limit: 9 })).toEqual(
        [],
      );
      expect(await store.keysOf(books, [1, 2])).toEqual(new Map());
    });
    // And without the statement's condition row-level security still does.
    await onConnection(database.pools.app, async (runner) => {
      const see = async (organization: string): Promise<unknown> => {
        await runner.query("select set_config('vw.organization', $1, true)", [
          organization,
        ]);
        return runner.query("select number from test_books");
      };
      expect(await see(own)).toEqual([]);
      expect(await see(other)).toHaveLength(2);
    });
  });

  it("takes a caller's text as a value, whatever it holds", async () => {
    const nasty = "'; drop table test_books; --";
    await fill(own, []);
    const bound = bindDomain(
      parseDomain(["|", ["name", "ilike", nasty], ["shelf_id", "=", nasty]]),
      books,
    );
    await database.unitOfWork.inOrganization(own, async (stores) => {
      expect(
        await stores
          .get(RecordStore)
          .search(books, { domain: bound, limit: 1 }),
      ).toEqual([]);
    });
  });
});

/** One transaction that leaves nothing behind, also where an expectation fails. */
async function onConnection(
  pool: DataSource,
  work: (runner: QueryRunner) => Promise<void>,
): Promise<void> {
  const runner = pool.createQueryRunner();
  try {
    await runner.startTransaction();
    await work(runner);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

interface BookValues {
  readonly name: string | null;
  readonly note: string | null;
  readonly state: string | null;
  readonly pages: number | null;
  readonly lent: boolean | null;
  readonly bought: Date | null;
  readonly extra: string | null;
  readonly shelf: number | null;
}

function bindOrSkip(value: unknown) {
  try {
    return bindDomain(parseDomain(value), books);
  } catch (error) {
    // What the types refuse is refused before any store is asked.
    if (error instanceof RpcUsageError) return undefined;
    throw error;
  }
}
