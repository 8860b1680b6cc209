import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@vworkspace/kernel";
import { eventually } from "../cluster/eventually";

import { differences, gatewaySide, odooSide } from "./both-sides";
import { missingRig, type OdooRig, type OdooSession } from "./odoo-rig";
import {
  INSTANCE,
  NAMESPACE,
  OPERATION,
  OUTBOX,
  OutageWorld,
} from "./outage-world";

const COMPARISON = "vworkspace.comparison";
const SEEDS = 10;
const REST_MS = 420_000;

const missing = missingRig();
if (missing !== undefined) throw new Error(`No real Odoo: ${missing}.`);

const names = (start: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${start}-${at}`);

describe("A real Odoo and a gateway, when one of them is away", () => {
  let world: OutageWorld;
  let operator: OdooSession;

  beforeAll(async () => {
    world = await OutageWorld.start();
    world.startAgent();
    await world.pair();
    for (const [model, code] of [
      ["vworkspace.cluster", "vienna"],
      ["vworkspace.catalog.entry", "shop"],
    ] as const)
      await eventually(`Odoo has ${code}`, () =>
        world.admin.find(model, [["code", "=", code]]),
      );
    operator = await world.operator();
    await deploy(names("a", 20));
    await rest();
  }, 1_200_000);
  afterAll(() => world?.stop(), 300_000);

  /** As the list's button does, of several records at once. */
  async function deploy(wanted: readonly string[]): Promise<void> {
    const cluster = await world.admin.require("vworkspace.cluster", []);
    const entry = await world.admin.require("vworkspace.catalog.entry", []);
    const made = await operator.call(INSTANCE, "create", [
      wanted.map((name) => ({
        name,
        namespace: NAMESPACE,
        cluster_id: cluster.id,
        catalog_entry_id: entry.id,
      })),
    ]);
    await operator.call(INSTANCE, "action_deploy", [made]);
  }

  async function idOf(name: string): Promise<number> {
    const domain = [["name", "=", name]];
    return (await world.admin.require(INSTANCE, domain)).id;
  }

  async function change(name: string, replicas: number): Promise<void> {
    const values = { values_json: JSON.stringify({ replicas }) };
    await operator.call(INSTANCE, "write", [[await idOf(name)], values]);
  }

  async function remove(name: string): Promise<void> {
    await operator.call(INSTANCE, "action_delete", [[await idOf(name)]]);
  }

  /** Until nothing waits to be sent, and Odoo's records are as the gateway's and the clusters'. */
  async function rest(): Promise<void> {
    await eventually(
      "both sides agree",
      async () => {
        const open = await world.admin.call(OUTBOX, "search_count", [
          [["state", "in", ["waiting", "refused"]]],
        ]);
        const found = differences(
          await odooSide(world),
          await gatewaySide(world),
        );
        if (open !== 0 || found.length > 0)
          throw new Error(
            `${open as number} changes wait; ${found.slice(0, 8).join("; ")}`,
          );
        return true;
      },
      REST_MS,
    );
  }

  /** How often an application's intent was taken by the gateway, as its audit log has it, by name. */
  async function arrivals(): Promise<ReadonlyMap<string, number>> {
    const entries = (await world.gateway.call(
      "vworkspace.audit.entry",
      "search_read",
      [[["action", "in", ["instance.create", "instance.write"]]]],
      { fields: ["subject"], limit: 0 },
    )) as { subject: string }[];
    const counts = new Map<string, number>();
    for (const { subject } of entries) {
      const name = subject.split(/[:/]/).at(-1) ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** Of the newest comparison that ended after `last`. */
  async function comparison(reasons: readonly string[], last: number) {
    return eventually(
      `a comparison for one of ${reasons.join(", ")}`,
      () =>
        world.admin.find(
          COMPARISON,
          [
            ["id", ">", last],
            ["state", "=", "done"],
            ["reason", "in", [...reasons]],
          ],
          ["reason", "taken_over", "sent_again", "unknown", "report_json"],
        ),
      REST_MS,
    );
  }

  async function lastComparison(): Promise<number> {
    const found = (await world.admin.call(COMPARISON, "search", [[]], {
      limit: 1,
      order: "id desc",
    })) as number[];
    return found[0] ?? 0;
  }

  it("sends the newest state of each record once, after what it refers to, when the gateway comes back", async () => {
    const before = await arrivals();
    await world.killGateway();
    for (const round of [1, 2, 3])
      for (const name of names("a", 20)) await change(name, round);
    for (const name of names("b", 10)) await deploy([name]);
    for (const name of names("b", 10)) {
      await change(name, 7);
      await operator.create(OPERATION, {
        instance_id: await idOf(name),
        type: "Backup",
        engine: "velero",
      });
    }
    for (const name of names("a", 10)) await change(name, 4);
    await world.reviveGateway();
    await rest();
    const after = await arrivals();
    for (const name of names("a", 20))
      expect([name, after.get(name)]).toEqual([
        name,
        (before.get(name) ?? 0) + 1,
      ]);
    for (const name of names("b", 10))
      expect([name, after.get(name)]).toEqual([name, 1]);
    const operations = (await world.gateway.call(OPERATION, "search_count", [
      [],
    ])) as number;
    expect(operations).toBe(10);
  }, 900_000);

  it("shows what 100 applications have become while Odoo was away", async () => {
    await world.stopAgent();
    await deploy(names("c", 100));
    await eventually(
      "the gateway has them all",
      async () => {
        const side = await gatewaySide(world);
        return names("c", 100).every((name) => side.has(name));
      },
      REST_MS,
    );
    world.odoo.kill();
    world.startAgent();
    await eventually(
      "the cluster runs them",
      async () => {
        const side = await gatewaySide(world);
        return names("c", 100).every(
          (name) => side.get(name)?.state === "ready",
        );
      },
      REST_MS,
    );
    await world.odoo.restart();
    const startedAt = Date.now();
    await rest();
    console.log(
      `100 applications: the truth in Odoo ${((Date.now() - startedAt) / 1_000).toFixed(1)} s after it was back`,
    );
  }, 1_200_000);

  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    "loses nothing when one of them is killed in the middle, seed %i",
    async (seed) => {
      const random = seededRandom(seed);
      const pool = names("a", 12);
      const changes = 16;
      const killAt = Math.floor(random() * changes);
      const kill = async () => {
        await sleep(random() * 1_000);
        if (seed % 2 === 0) {
          await world.killGateway();
          await sleep(random() * 3_000);
          await world.reviveGateway();
        } else {
          world.odoo.kill();
          await sleep(random() * 3_000);
          await world.odoo.restart();
        }
      };
      let harm: Promise<void> = Promise.resolve();
      for (let at = 0; at < changes; at += 1) {
        if (at === killAt) harm = kill();
        const name = pool[Math.floor(random() * pool.length)] ?? "a-0";
        const replicas = seed * 1_000 + at;
        await eventually(`${name} is changed`, () =>
          change(name, replicas).then(() => true),
        );
      }
      await harm;
      await rest();
      const arrived = await arrivals();
      const sent = await odooSide(world);
      expect(
        pool.filter(
          (name) =>
            (arrived.get(name) ?? 0) > Number(sent.get(name)?.intent_version),
        ),
      ).toEqual([]);
    },
    900_000,
  );

  it("heals Odoo when its database is put back to an earlier one, and uninstalls nothing", async () => {
    const { odoo } = world;
    await world.stopAgent();
    await deploy(names("late", 3));
    await eventually("the gateway has them", async () =>
      (await gatewaySide(world)).has("late-2"),
    );
    odoo.kill();
    await eventually("Odoo is put aside", () =>
      odoo
        .copyDatabase(odoo.database, `${odoo.database}_backup`)
        .then(() => true),
    );
    await odoo.restart();
    world.startAgent();
    for (const name of names("a", 5)) await change(name, 50_000);
    await deploy(names("new", 2));
    await remove("a-5");
    await rest();
    const last = await lastComparison();
    const uids = await world.uidsInCluster();
    expect(Object.keys(uids)).not.toContain("a-5");

    odoo.kill();
    await eventually("Odoo is put back", () =>
      odoo
        .copyDatabase(`${odoo.database}_backup`, odoo.database)
        .then(() => true),
    );
    await odoo.restart();
    expect((await odooSide(world)).get("late-0")?.state).not.toBe("ready");
    await world.compareNow();
    const report = await comparison(
      ["behind"],
      Math.min(last, await lastComparison()) - 1,
    );
    expect(report).toMatchObject({ taken_over: 5, unknown: 2 });
    await rest();
    expect((await odooSide(world)).get("a-5")?.state).toBe("deleted");
    expect(await world.uidsInCluster()).toEqual(uids);
    await adoptAll(2);
    await rest();
    expect((await odooSide(world)).get("new-1")?.state).toBe("ready");
    expect(await world.uidsInCluster()).toEqual(uids);
  }, 1_200_000);

  /** What is unknown is offered, and taken over as an administrator asks. */
  async function adoptAll(expected: number): Promise<void> {
    const model = "vworkspace.adopt.wizard";
    const offered = (await world.admin.call(model, "default_get", [
      ["company_id", "line_ids"],
    ])) as { company_id: number; line_ids: [number, number, object][] };
    expect(offered.line_ids).toHaveLength(expected);
    const id = await world.admin.create(model, {
      company_id: offered.company_id,
      line_ids: offered.line_ids.map(([, , line]) => [
        0,
        0,
        { ...line, is_chosen: true },
      ]),
    });
    await world.admin.call(model, "action_adopt", [[id]]);
  }

  it("heals the gateway when its database is put back to an earlier one, and uninstalls nothing", async () => {
    await world.killGateway();
    await world.copyGatewayDatabase("vworkspace", "backup");
    await world.reviveGateway();
    for (const name of names("a", 5)) await change(name, 60_000);
    await deploy(names("newer", 2));
    await remove("a-6");
    await rest();
    const last = await lastComparison();
    const uids = await world.uidsInCluster();

    await world.killGateway();
    await world.copyGatewayDatabase("backup", "vworkspace");
    await world.reviveGateway();
    expect((await gatewaySide(world)).has("newer-0")).toBe(false);
    const report = await comparison(["epoch"], last);
    expect(report["sent_again"]).toBeGreaterThanOrEqual(7);
    // What an agent had reported it reports again with its next snapshot: within 15 minutes, and when it starts.
    await world.stopAgent();
    world.startAgent();
    await rest();
    expect((await gatewaySide(world)).get("newer-1")?.state).toBe("ready");
    expect((await gatewaySide(world)).get("a-6")?.state).toBe("deleted");
    expect(await world.uidsInCluster()).toEqual(uids);
  }, 1_200_000);

  it("is steered by no copy of Odoo's database, though it has the key", async () => {
    const { odoo } = world;
    const before = await gatewaySide(world);
    const uids = await world.uidsInCluster();
    const copy = odoo.of(`${odoo.database}_copy`);
    for (const mark of [
      // What Odoo does to a copy that is made in its database manager.
      "update ir_config_parameter set value = gen_random_uuid()::text where key = 'database.uuid'",
      // What happens to a raw copy when it is opened at its own address.
      "update ir_config_parameter set value = 'https://staging.example.com' where key = 'web.base.url'",
    ]) {
      odoo.kill();
      await eventually("Odoo is copied", () =>
        odoo.copyDatabase(odoo.database, copy.database).then(() => true),
      );
      await copy.sql(copy.database, mark);
      await copy.restart();
      await steer(copy);
    }
    odoo.kill();
    await odoo.restart();
    await rest();
    expect(await gatewaySide(world)).toEqual(before);
    expect(await world.uidsInCluster()).toEqual(uids);
  }, 900_000);

  /** In a copy: a change, a removal, an application, and the crons that would send them. */
  async function steer(copy: OdooRig): Promise<void> {
    const staff = copy.connect();
    try {
      const { id } = await staff.require(INSTANCE, [["name", "=", "a-0"]]);
      const values = { values_json: '{"replicas": 99999}' };
      await staff.call(INSTANCE, "write", [[id], values]);
      const other = await staff.require(INSTANCE, [["name", "=", "a-1"]]);
      await staff.call(INSTANCE, "action_delete", [[other.id]]);
      for (const name of ["cron_send", "cron_compare"]) {
        const cron = await staff.require(
          "ir.model.data",
          [
            ["module", "=", "vworkspace"],
            ["name", "=", name],
          ],
          ["res_id"],
        );
        await eventually(`${name} has run`, () =>
          staff
            .call("ir.cron", "method_direct_trigger", [
              [Number(cron["res_id"])],
            ])
            .then(() => true),
        );
      }
      const open = await staff.call(OUTBOX, "search_count", [
        [["state", "=", "waiting"]],
      ]);
      expect(open).toBe(2);
    } finally {
      await staff.close();
    }
  }
});
