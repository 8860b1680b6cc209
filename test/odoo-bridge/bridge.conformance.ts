import { seededRandom } from "@vworkspace/kernel";
import { eventually, pause } from "../conformance/expectations";
import type { OdooSession } from "../conformance/odoo-session";
import { FakeOdoo } from "./fake-odoo";
import { type Bridge, DATABASE, PairedGateway } from "./paired-gateway";
import { UpdateBook } from "./update-book";

jest.setTimeout(300_000);

const CHARTS = "oci://charts.example.com";
const CLUSTER = "vworkspace.cluster";
const CATALOG = "vworkspace.catalog.entry";
const POLICY = "vworkspace.policy";
const INSTANCE = "vworkspace.application.instance";
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** Tries of {@link eventually}, 20 a second: a minute. */
const TRIES = 1200;

/** 40 records of an organization, of which instances refer to clusters and catalog entries. */
class Landscape {
  private readonly instances: number[] = [];
  private readonly clusters: number[] = [];
  private readonly entries: number[] = [];
  /** What Odoo has to say in the end, by the record's name there. */
  readonly wanted = new Map<string, string>();

  constructor(
    private admin: OdooSession,
    private readonly prefix: string,
  ) {}

  /** After the gateway has started anew elsewhere. */
  goOnWith(admin: OdooSession): void {
    this.admin = admin;
  }

  async build(bridge: Bridge): Promise<void> {
    await this.admin.create(POLICY, {
      name: "All",
      allowed_namespaces: ["*"],
      allowed_catalog_codes: ["*"],
      allowed_chart_url_prefixes: [CHARTS],
    });
    for (let n = 0; n < 9; n += 1) {
      const named = { code: this.code("c", n), name: `C ${n}` };
      this.clusters.push(await this.admin.create(CLUSTER, named));
    }
    for (let n = 0; n < 10; n += 1)
      this.entries.push(
        await this.admin.create(CATALOG, {
          code: this.code("e", n),
          name: `E ${n}`,
          chart_url: `${CHARTS}/apps`,
          chart_name: "app",
          recommended_version: "1.0.0",
        }),
      );
    for (let n = 0; n < 20; n += 1) await this.deploy(bridge, n);
  }

  private async deploy(bridge: Bridge, n: number): Promise<void> {
    const ref = this.code("i", n);
    const answers = await bridge.upsert(INSTANCE, {
      external_ref: ref,
      intent_version: 1,
      name: ref,
      namespace: "prod",
      cluster_id: this.code("c", n % 9),
      catalog_code: this.code("e", n % 10),
      values_json: '{"size":0}',
    });
    const [{ id }] = answers as [{ id: number }];
    this.instances.push(id);
    this.wanted.set(ref, '{"size":0}');
  }

  /** One change of one record, chosen by chance. */
  async change(random: () => number, size: number): Promise<void> {
    const pick = (count: number) => Math.floor(random() * count);
    if (random() < 0.3) {
      const n = pick(this.entries.length);
      const vals = { name: `E ${n} ${size}` };
      await this.admin.execute(CATALOG, "write", [[this.entries[n]], vals]);
      this.wanted.set(this.code("e", n), vals.name);
      return;
    }
    const n = pick(this.instances.length);
    const vals = { values_json: `{"size":${size}}` };
    await this.admin.execute(INSTANCE, "write", [[this.instances[n]], vals]);
    this.wanted.set(this.code("i", n), vals.values_json);
  }

  /** What Odoo says of the same. */
  shownBy(book: UpdateBook): ReadonlyMap<string, unknown> {
    const instances = book.by(INSTANCE, "external_ref");
    const entries = book.by(CATALOG, "code");
    return new Map(
      [...this.wanted.keys()].map((name) => [
        name,
        instances.get(name)?.["values_json"] ?? entries.get(name)?.["name"],
      ]),
    );
  }

  private code(kind: string, n: number): string {
    return `${this.prefix}-${kind}-${n}`;
  }
}

describe("A paired Odoo", () => {
  let gateway: PairedGateway;
  let admin: OdooSession;
  let odoo: FakeOdoo;
  let bridge: Bridge;
  let landscape: Landscape;

  beforeAll(async () => {
    gateway = await PairedGateway.start();
    admin = await gateway.admin();
    odoo = new FakeOdoo(new UpdateBook("test"));
    await odoo.start();
    bridge = await gateway.pair(odoo, "test");
    landscape = new Landscape(admin, "own");
  });
  afterAll(async () => {
    await gateway?.stop();
    await odoo?.stop();
  });

  /** Everything was told, and nothing was left. */
  const isTold = async () => {
    const { backlog } = await gateway.backlog(admin);
    return (
      backlog === 0 &&
      JSON.stringify([...landscape.shownBy(odoo.book)]) ===
        JSON.stringify([...landscape.wanted])
    );
  };

  it("that is down during 100 changes of 40 records is told the newest state of each once, what refers to others after them", async () => {
    await eventually(async () => (await gateway.backlog(admin)).backlog === 0);
    await odoo.stop();
    await landscape.build(bridge);
    const random = seededRandom(7);
    for (let n = 1; n <= 100; n += 1) await landscape.change(random, n);
    const { backlog } = await gateway.backlog(admin);
    expect(backlog).toBeGreaterThanOrEqual(40);
    odoo.book.applied.clear();
    await odoo.start();
    await eventually(isTold, TRIES);
    const { applied, records, outOfOrder } = odoo.book;
    const known = [...applied].filter(
      ([key]) => records.get(key)?.model !== "vworkspace.job",
    );
    expect(known).toHaveLength(40);
    expect(known.filter(([, times]) => times !== 1)).toEqual([]);
    expect(outOfOrder).toEqual([]);
    expect(odoo.requests.some((path) => path.startsWith("/json/2/"))).toBe(
      true,
    );
  });

  it.each(SEEDS)(
    "has the truth after the gateway was killed in the middle, seed %i",
    async (seed) => {
      const random = seededRandom(seed);
      odoo.workMs = Math.floor(random() * 60);
      for (let n = 1; n <= 15; n += 1)
        await landscape.change(random, seed * 1000 + n);
      await pause(random() * 300);
      await gateway.crash();
      admin = await gateway.admin();
      landscape.goOnWith(admin);
      await eventually(isTold, TRIES);
      const { epoch } = await gateway.backlog(admin);
      // A gateway that was killed knows of what it has sent: it was not restored.
      expect(new Set(odoo.book.epochs)).toEqual(new Set([epoch]));
      expect(odoo.mostAtOnce).toBe(1);
      expect(odoo.book.outOfOrder).toEqual([]);
    },
  );

  it("has the truth after it fell itself in the middle", async () => {
    const random = seededRandom(77);
    odoo.workMs = 20;
    for (let n = 1; n <= 40; n += 1) {
      if (n === 20) await odoo.stop();
      await landscape.change(random, 50_000 + n);
    }
    await odoo.start();
    await eventually(isTold, TRIES);
  });

  it("that answers with errors is left alone for a while, seen in the metrics, and told when it is well again", async () => {
    odoo.isBroken = true;
    await landscape.change(seededRandom(5), 60_001);
    await eventually(
      async () =>
        String((await gateway.backlog(admin)).last_error).includes(
          "HTTP status 500",
        ),
      TRIES,
    );
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(
      /vworkspace_odoo_backlog\{organization="test",database="Company"\} [1-9]/,
    );
    expect(metrics).toMatch(
      /vworkspace_odoo_breaker\{organization="test",database="Company"\} [12]/,
    );
    expect(metrics).toMatch(
      /vworkspace_odoo_batches_total\{result="failed"\} [1-9]/,
    );
    odoo.isBroken = false;
    await eventually(isTold, TRIES);
  });

  it("is served by its own database only: a copy with the same key steers nothing", async () => {
    const copy = { database_uuid: "0190a1b2-0000-7000-8000-00000000c0b1" };
    const change = {
      vals_list: [{ external_ref: "own-i-1", intent_version: 99 }],
    };
    for (const context of [copy, {}]) {
      const attempt = bridge.call(INSTANCE, "upsert", change, context);
      await expect(attempt).rejects.toThrow(/another Odoo database/);
      const status = bridge.call(DATABASE, "status", {}, context);
      await expect(status).rejects.toThrow(/another Odoo database/);
    }
    await eventually(isTold, TRIES);
  });

  it("of another organization, and of an older version, is told of its own records and nothing else", async () => {
    const other = new FakeOdoo(new UpdateBook("other"), "18.0");
    await other.start();
    const theirs = await gateway.pair(other, "other");
    const boss = await (await gateway.user("boss", "admin", "other"))();
    const land = new Landscape(boss, "their");
    await land.build(theirs);
    await eventually(
      () =>
        Promise.resolve(
          JSON.stringify([...land.shownBy(other.book)]) ===
            JSON.stringify([...land.wanted]),
        ),
      TRIES,
    );
    expect(other.requests.some((path) => path.startsWith("/json/2/"))).toBe(
      false,
    );
    const names = (book: UpdateBook, model: string) =>
      [...book.by(model, "code").keys(), ...book.by(model, "name").keys()].map(
        String,
      );
    for (const model of [CLUSTER, CATALOG, INSTANCE]) {
      expect(names(other.book, model).join()).not.toContain("own-");
      expect(names(odoo.book, model).join()).not.toContain("their-");
    }
    expect((await gateway.backlog(boss)).held).toBe(0);
    expect((await gateway.backlog(admin)).held).toBe(0);
    await other.stop();
  });

  it("has given a key that stands in no line of the gateway's log", () => {
    expect(gateway.output).toContain('"listening"');
    expect(gateway.output).not.toContain(odoo.key);
  });
});
