import { createHash } from "node:crypto";
import { cpus, loadavg } from "node:os";
import { missingRig, type OdooSession } from "./odoo-rig";
import {
  INSTANCES,
  instanceRef,
  JOBS,
  OPERATIONS,
  operationRef,
} from "./scale-samples";
import { ScaleWorld } from "./scale-world";

/** One call that a view makes, as test/odoo/vworkspace_scale tells of it. */
interface ViewCost {
  readonly view: string;
  readonly kind: string;
  readonly what: string;
  readonly ms: number;
  readonly statements: number;
  /** Searches for jobs that would walk through all of them. */
  readonly walked: readonly string[];
}

interface GatewayCall {
  readonly call: string;
  readonly model: string;
  readonly got: number;
  readonly pages: readonly string[];
  readonly rows: number;
}

interface ComparisonCost {
  readonly ms: number;
  readonly statements: number;
  readonly calls: readonly GatewayCall[];
  readonly report: Readonly<Record<string, unknown>>;
}

/** Texts that some record has, by the field that people type them into. */
const HITS = {
  name: "app-77",
  namespace: "ns-7",
  cluster_id: "Cluster 7",
  catalog_entry_id: "Entry 3",
  instance_id: "app-77",
  idempotency_key: "/app-77@",
  error: "condition 1994",
  subject: "app-77",
  reason: "refers",
  chart_version: "1.0",
  type: "Backup",
  code: "c-1",
};
/** Ten groups of a kanban are opened at once, each by a query of its own. */
const MOST_STATEMENTS = 20;
const MOST_COMPARISON_STATEMENTS = 40;
const SLOW_MS = 1_000;

const missing = missingRig();
if (missing !== undefined) throw new Error(`No real Odoo: ${missing}.`);

describe(`Odoo with ${INSTANCES} applications, ${OPERATIONS} operations and ${JOBS} jobs`, () => {
  let world: ScaleWorld;
  let companies: readonly [number, number];

  beforeAll(async () => {
    world = await ScaleWorld.start();
    companies = await world.fill();
  }, 1_800_000);
  afterAll(() => world?.stop(), 300_000);

  async function costsOf(
    person: OdooSession,
    allowed: readonly number[],
  ): Promise<readonly (ViewCost & { readonly window: string })[]> {
    const context = { allowed_company_ids: [...allowed] };
    const probe = "vworkspace.view.probe";
    const windows = await person.call(probe, "actions", [], { context });
    const found = [];
    for (const window of windows as string[]) {
      const told = await person.call(probe, "walk", [window, HITS], {
        context,
      });
      for (const cost of told as unknown as ViewCost[])
        found.push({ window: window.replace("action_", ""), ...cost });
    }
    return found;
  }

  it.each([
    ["user", 1],
    ["administrator", 2],
  ] as const)(
    "answers every view and search for a person of the group %s with few statements, and finds jobs by index",
    async (role, count) => {
      const allowed = companies.slice(0, count);
      const costs = await costsOf(await world.person(role, allowed), allowed);
      print(role, costs);
      expect(costs.length).toBeGreaterThan(300);
      expect(
        costs.filter(({ statements }) => statements > MOST_STATEMENTS),
      ).toEqual([]);
      expect(costs.filter(({ walked }) => walked.length > 0)).toEqual([]);
    },
    1_200_000,
  );

  describe("paired with a gateway that has the same", () => {
    let administrator: OdooSession;

    beforeAll(async () => {
      // So that no other comparison runs beside ours.
      const cron = await world.admin.require(
        "ir.model.data",
        [["name", "=", "cron_compare"]],
        ["res_id"],
      );
      await world.pair();
      await world.compared("pairing");
      await world.admin.call("ir.cron", "write", [
        [cron["res_id"] as number],
        { active: false },
      ]);
      const { seconds, held } = await world.settles();
      line(`after pairing the gateway told everything again in ${seconds} s`);
      expect(held).toBe(0);
      administrator = world.admin;
    }, 1_200_000);

    async function compare(title: string): Promise<ComparisonCost> {
      const model = "vworkspace.comparison.probe";
      const told = await administrator.call(model, "run");
      const cost = told as unknown as ComparisonCost;
      const calls = cost.calls.map(
        ({ call, model: of, got, pages, rows }) =>
          `${call} ${of}: ${got} bytes, ${pages.length} pages, ${rows} records`,
      );
      line(
        `${title}: ${(cost.ms / 1000).toFixed(2)} s, ${cost.statements} statements of Odoo\n  ${calls.join("\n  ")}`,
      );
      expect(cost.report).toMatchObject({
        state: "done",
        records: INSTANCES + OPERATIONS,
      });
      expect(cost.statements).toBeLessThan(MOST_COMPARISON_STATEMENTS);
      return cost;
    }

    const moved = ({ calls }: ComparisonCost) =>
      calls.filter(({ call }) => call.endsWith("/compare"));

    it("compares all of it without moving a page where nothing differs", async () => {
      const cost = await compare("nothing differs");
      expect(moved(cost).map(({ pages, rows }) => [pages, rows])).toEqual([
        [[], 0],
        [[], 0],
      ]);
      expect(cost.report).toMatchObject({ pages: 0, unknown: 0 });
    });

    it("moves the pages of what differs and none else, and nothing differs afterwards", async () => {
      const instances = [11, 1_700].map(instanceRef);
      const operations = [501].map(operationRef);
      await world.odooSql(
        `update vworkspace_application_instance set values_json = '{"replicas": 3}' where external_ref in ('${instances.join("', '")}');
         update vworkspace_operation set state = 'running' where external_ref = '${operations[0]}'`,
      );
      const cost = await compare("three records differ");
      expect(moved(cost).map(({ pages }) => pages)).toEqual([
        pagesOf(instances),
        pagesOf(operations),
      ]);
      expect(cost.report).toMatchObject({ truth_requested: 3, unknown: 0 });
      await world.settles();
      const after = await compare("after they were healed");
      expect(moved(after).map(({ pages }) => pages)).toEqual([[], []]);
    });
  });
});

function pagesOf(references: readonly string[]): readonly string[] {
  const pages = references.map((reference) =>
    createHash("sha256").update(reference).digest("hex").slice(0, 2),
  );
  return [...new Set(pages)].sort();
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Every call with its figures, the slowest of each window first; figures are for people. */
function print(
  role: string,
  costs: readonly (ViewCost & { readonly window: string })[],
): void {
  const slow = costs.filter(({ ms }) => ms >= SLOW_MS).length;
  const [load = 0] = loadavg();
  line(
    `${role}: ${costs.length} calls, ${slow} of a second or more, on ${cpus().length} cores with a load of ${load.toFixed(1)}`,
  );
  for (const { window, view, kind, what, ms, statements } of [...costs].sort(
    (one, other) => other.ms - one.ms,
  ))
    line(
      `${ms.toFixed(0).padStart(6)} ms ${String(statements).padStart(3)} SQL  ${window} ${view}: ${kind} ${what}`,
    );
}
