import type { RpcValue } from "@vworkspace/odoo-rpc";
import { eventually } from "../cluster/eventually";
import { missingRig, type OdooSession } from "./odoo-rig";
import { PairedWorld } from "./paired-world";

const INSTANCE = "vworkspace.application.instance";
const GATEWAY = "vworkspace.gateway";
const DATABASE = "vworkspace.odoo.database";
const NAMES = ["one", "two", "three"] as const;
const WAIT_MS = 180_000;
const INSTALL_MS = 600_000;

const missing = missingRig();
if (missing !== undefined) throw new Error(`No real Odoo: ${missing}.`);

/** A file that Debian's package of Odoo lacks; it means nothing. */
const isOfDebian = (line: string) => line.includes("selfie_segmentation");
const errorsOf = (log: string) =>
  log
    .split("\n")
    .filter((line) => / (ERROR|CRITICAL) |Traceback/.test(line))
    .filter((line) => !isOfDebian(line));

describe("The addon in a real Odoo, from one version to the next, taken out and put in again", () => {
  let world: PairedWorld;
  let key: string;

  beforeAll(async () => {
    world = await PairedWorld.start();
    key = await world.bridgeKey();
    await pair(await world.pairingCode());
    for (const name of NAMES) await deploy(name);
    for (const name of NAMES) await becomesReady(name);
  }, 1_200_000);
  afterAll(() => world?.stop(), 300_000);

  async function pair(code: string): Promise<number> {
    const id = await world.admin.create(GATEWAY, {
      url: world.gatewayUrl,
      api_key: key,
    });
    await world.admin.call(GATEWAY, "action_pair", [[id], code]);
    for (const [model, name] of [
      ["vworkspace.cluster", "demo"],
      ["vworkspace.catalog.entry", "wiki"],
    ] as const)
      await eventually(
        `Odoo has the ${model} ${name}`,
        () => world.admin.find(model, [["code", "=", name]]),
        WAIT_MS,
      );
    return id;
  }

  async function deploy(name: string): Promise<void> {
    const wizard = "vworkspace.deploy.wizard";
    const entry = await world.admin.require("vworkspace.catalog.entry", [
      ["code", "=", "wiki"],
    ]);
    const id = await world.admin.create(wizard, {
      catalog_entry_id: entry.id,
      name,
      namespace: "demo-life",
    });
    await world.admin.call(wizard, "action_deploy", [[id]]);
  }

  const inOdoo = (name: string, fields: readonly string[]) =>
    world.admin.require(INSTANCE, [["name", "=", name]], fields);

  const becomesReady = (name: string, generation = 1) =>
    eventually(
      `Odoo shows generation ${generation} of ${name} as ready`,
      async () => {
        const shown = await inOdoo(name, ["state", "observed_generation"]);
        return (
          shown["state"] === "ready" &&
          shown["observed_generation"] === generation
        );
      },
      WAIT_MS,
    );

  /** What the gateway has of the three applications, and every entry of its audit log that is of one. */
  async function inGateway(): Promise<unknown> {
    const read = (
      model: string,
      domain: readonly RpcValue[],
      fields: string[],
    ) =>
      world.gateway.call(model, "search_read", [domain], {
        fields,
        order: "id",
      });
    return {
      instances: await read(
        INSTANCE,
        [["namespace", "=", "demo-life"]],
        ["name", "state", "generation", "external_ref", "intent_version"],
      ),
      removals: await read(
        "vworkspace.audit.entry",
        [["action", "=", "instance.delete"]],
        ["subject"],
      ),
    };
  }

  const countOf = async (sql: string) =>
    Number(/\d+/.exec(await world.odoo.sql(world.odoo.database, sql))?.[0]);

  async function switchSending(method: string): Promise<void> {
    const gateway = await world.admin.require(GATEWAY, []);
    await world.admin.call(GATEWAY, method, [[gateway.id]]);
  }

  it("keeps records and what waits to be sent over an upgrade", async () => {
    await switchSending("action_disable");
    const { id } = await inOdoo("one", []);
    const values = '{"replicas": 2}';
    await world.admin.call(INSTANCE, "write", [[id], { values_json: values }]);
    const waiting = () =>
      world.admin.require(
        "vworkspace.outbox",
        [["state", "=", "waiting"]],
        ["external_ref", "request_id", "intent_version", "state"],
      );
    const before = await waiting();
    expect(errorsOf(await world.odoo.upgrade())).toEqual([]);
    expect(await waiting()).toEqual(before);
    await switchSending("action_enable");
    await eventually(
      "the gateway has the change",
      async () => {
        const domain = [["name", "=", "one"]];
        const there = await world.gateway.require(INSTANCE, domain, [
          "values_json",
        ]);
        return there["values_json"] === values;
      },
      WAIT_MS,
    );
    await becomesReady("one", 2);
  });

  it("is uninstalled without a word to the gateway, and leaves nothing behind", async () => {
    await switchSending("action_disable");
    const { id } = await inOdoo("two", []);
    // A removal that nobody has sent yet doesn't slip out on the way either.
    await world.admin.call(INSTANCE, "action_delete", [[id]]);
    const before = await inGateway();
    await uninstall();
    expect(await inGateway()).toEqual(before);
    expect(before).toMatchObject({
      instances: NAMES.map((name) => ({ name, state: "ready" })),
      removals: [],
    });
    for (const left of [
      "select count(*) from pg_tables where tablename like 'vworkspace%'",
      "select count(*) from ir_cron c join ir_act_server s on s.id = c.ir_actions_server_id where s.name::text ilike '%vworkspace%'",
      "select count(*) from ir_model where model like 'vworkspace%'",
      "select count(*) from res_users where login like 'vworkspace-bridge-%' and active",
      "select count(*) from res_users_apikeys",
    ])
      expect([left, await countOf(left)]).toEqual([left, 0]);
    expect(errorsOf(world.odoo.log())).toEqual([]);
  });

  async function uninstall(): Promise<void> {
    const patient: OdooSession = world.odoo.connect(undefined, INSTALL_MS);
    const module = await patient.require("ir.module.module", [
      ["name", "=", "vworkspace"],
    ]);
    const button = "button_immediate_uninstall";
    // Odoo refuses while one of its scheduled actions runs.
    await eventually("the addon is uninstalled", () =>
      patient.call("ir.module.module", button, [[module.id]]).then(() => true),
    );
    await patient.close();
  }

  it("is installed and paired again, and is offered what runs", async () => {
    const before = await inGateway();
    expect(errorsOf(await world.odoo.upgrade())).toEqual([]);
    const database = await world.gateway.require(DATABASE, []);
    const issued = await world.gateway.call(
      DATABASE,
      "action_issue_pairing_code",
      [[database.id]],
    );
    await pair((issued as { code: string }).code);
    const wizard = "vworkspace.adopt.wizard";
    const offered = (await world.admin.call(wizard, "default_get", [
      ["line_ids", "company_id"],
    ])) as {
      line_ids: [number, number, { name: string; namespace: string }][];
    };
    const ours = offered.line_ids
      .map(([, , line]) => line)
      .filter(({ namespace }) => namespace === "demo-life");
    expect(ours.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
    const id = await world.admin.create(wizard, {
      line_ids: ours.map((line) => [0, 0, { ...line, is_chosen: true }]),
    });
    await world.admin.call(wizard, "action_adopt", [[id]]);
    for (const name of NAMES) await becomesReady(name, name === "one" ? 2 : 1);
    expect(await inGateway()).toEqual(before);
    expect(errorsOf(world.odoo.log())).toEqual([]);
  });
});
