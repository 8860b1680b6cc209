import { createHash } from "node:crypto";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOdoo } from "../../../../../test/db/test-odoo";
import { TestOperations } from "../../../../../test/db/test-operations";
import { queryCount } from "../../database/sql-transaction";
import { AdoptionService } from "./adoption.service";
import { ComparisonService } from "./comparison.service";
import { ComparisonStore } from "./domain/comparison-store";
import type { ComparedModel } from "./domain/synced-model";

const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";
const INSTANCES = 2000;

const sha256 = (text: string) =>
  createHash("sha256").update(text).digest("hex");

interface Line {
  readonly ref: string;
  readonly text: string;
}

/** As the addon computes them, in Python's order of texts. */
function digestsOf(lines: readonly Line[]): Record<string, string> {
  const pages = new Map<string, string[]>();
  for (const { ref, text } of lines) {
    const page = sha256(ref).slice(0, 2);
    pages.set(page, [...(pages.get(page) ?? []), text]);
  }
  const byBytes = (a: string, b: string) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Object.fromEntries(
    [...pages].map(([page, texts]) => [
      page,
      sha256(texts.sort(byBytes).join("\n")),
    ]),
  );
}

describe("a comparison", () => {
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

  const compare = (model: ComparedModel, digests: Record<string, string>) =>
    operations.tenant.in((stores) =>
      db.get(ComparisonService).compare(stores, odoo.actor, model, digests),
    );

  async function fill(count: number): Promise<readonly Line[]> {
    await operations.tenant.allow();
    await db.look(
      `insert into application_instances (organization_id, id, cluster_id, catalog_entry_id, namespace, name, chart_version, values_json, state,
         external_ref, intent_version, observed_generation)
       select $1, gen_random_uuid(), $2, (select id from catalog_entries where organization_id = $1), 'prod', 'a-' || n, '1.0.0',
         '{"n":' || n || ',"text":"ü𝄞"}', 'ready', 'ref-' || n, n, n % 3 from generate_series(1, $3::integer) n`,
      [operations.tenant.organizationId, operations.cluster.id, count],
    );
    return Array.from({ length: count }, (_, index) => index + 1).map((n) => ({
      ref: `ref-${n}`,
      text: `ref-${n}|${n}|${sha256(`{"n":${n},"text":"ü𝄞"}`)}|${n % 3}`,
    }));
  }

  it("of 2,000 instances that are the same on both sides moves nothing, and is one query", async () => {
    const lines = await fill(INSTANCES);
    const digests = digestsOf(lines);
    expect(Object.keys(digests).length).toBe(256);
    const { tenant } = operations;
    const asked = await tenant.in(async (stores) => {
      const before = queryCount.total;
      const found = await stores
        .get(ComparisonStore)
        .compare(INSTANCE, digests);
      return { found, queries: queryCount.total - before };
    });
    expect(asked).toEqual({ found: { pages: {}, unknown: 0 }, queries: 1 });
  });

  it("answers with the rows of pages that differ, and with no other", async () => {
    const lines = await fill(500);
    const [first] = lines;
    const page = sha256("ref-1").slice(0, 2);
    const digests = digestsOf([
      { ref: "ref-1", text: "ref-1|0|other|0" },
      ...lines.slice(1),
    ]);
    const { pages } = await compare(INSTANCE, digests);
    expect(Object.keys(pages)).toEqual([page]);
    const rows = pages[page] ?? [];
    const same = lines.filter(({ ref }) => sha256(ref).startsWith(page));
    expect(rows.map((row) => row.external_ref).sort()).toEqual(
      same.map(({ ref }) => ref).sort(),
    );
    expect(rows).toContainEqual({
      external_ref: "ref-1",
      intent_version: 1,
      values_sha256: first?.text.split("|")[2],
      observed_generation: 1,
      state: "ready",
    });
    expect((await odoo.row())["last_comparison"]).toMatchObject({
      [INSTANCE]: { differing_pages: 1, unknown: 0 },
    });
  });

  it("takes no notice of what is deleted, and tells of it where its page differs", async () => {
    const lines = await fill(2);
    await db.look(
      "update application_instances set state = 'deleted' where external_ref = 'ref-2' and organization_id = $1",
      [operations.tenant.organizationId],
    );
    const [first] = lines;
    const digests = digestsOf(first ? [first] : []);
    expect(await compare(INSTANCE, digests)).toEqual({ pages: {}, unknown: 0 });
    const page = sha256("ref-2").slice(0, 2);
    const asked = await compare(INSTANCE, {
      ...digests,
      [page]: sha256("something"),
    });
    expect(asked.pages[page]).toMatchObject([
      { external_ref: "ref-2", state: "deleted" },
    ]);
  });

  it("tells of pages that only one side has: an empty one where it is the other", async () => {
    const lines = await fill(1);
    const page = sha256("ref-1").slice(0, 2);
    expect(Object.keys((await compare(INSTANCE, {})).pages)).toEqual([page]);
    const other = page === "00" ? "01" : "00";
    const digests = { ...digestsOf(lines), [other]: sha256("gone") };
    expect((await compare(INSTANCE, digests)).pages).toEqual({ [other]: [] });
  });

  it("counts what was made elsewhere, until it is adopted", async () => {
    const id = await operations.instance();
    expect(await compare(INSTANCE, {})).toEqual({ pages: {}, unknown: 1 });
    const [row] = await db.look<{ number: number }>(
      "select number from application_instances where id = $1",
      [id],
    );
    const adopt = (externalRef: string, number = row?.number ?? 0) =>
      operations.tenant.in((stores) =>
        db
          .get(AdoptionService)
          .adopt(stores, odoo.actor, { model: INSTANCE, number, externalRef }),
      );
    await odoo.deliver();
    expect(odoo.book.by(INSTANCE, "name").size).toBe(0);
    await adopt("ref-1");
    await adopt("ref-1");
    await expect(adopt("ref-2")).rejects.toThrow(/has an external_ref already/);
    await expect(adopt("ref-3", 999_999)).rejects.toThrow(/There is no/);
    await odoo.deliver();
    expect(odoo.book.by(INSTANCE, "external_ref").get("ref-1")).toMatchObject({
      origin: "api",
      name: "shop",
    });
    const { pages, unknown } = await compare(INSTANCE, {});
    expect(unknown).toBe(0);
    expect(Object.values(pages).flat()).toMatchObject([
      { external_ref: "ref-1", intent_version: 0 },
    ]);
  });

  it("is of operations by version and state", async () => {
    const id = await operations.instance();
    const { state } = await operations.create(id, {
      external_ref: "op-1",
      intent_version: 1,
    });
    const digests = digestsOf([{ ref: "op-1", text: `op-1|1|${state}|` }]);
    expect(await compare(OPERATION, digests)).toEqual({
      pages: {},
      unknown: 0,
    });
  });

  it("is of the own organization, and puts what is asked for again into the outbox", async () => {
    const other = await TestOperations.make(db);
    const theirs = await other.instance();
    await db.look(
      "update application_instances set external_ref = 'ref-9' where id = $1",
      [theirs],
    );
    await fill(3);
    await odoo.deliver();
    const resend = (...references: string[]) =>
      operations.tenant.in((stores) =>
        db
          .get(ComparisonService)
          .resend(stores, odoo.actor, INSTANCE, references),
      );
    expect(await resend("ref-1", "ref-9", "none")).toBe(1);
    expect(await odoo.waiting()).toHaveLength(1);
    await expect(
      operations.tenant.in((stores) =>
        db
          .get(ComparisonService)
          .resend(stores, odoo.actor, "vworkspace.job", ["x"]),
      ),
    ).rejects.toThrow(/it can be/);
  });
});
