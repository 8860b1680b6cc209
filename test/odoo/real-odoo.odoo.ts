import { eventually } from "../cluster/eventually";
import { missingRig, type OdooSession } from "./odoo-rig";
import { PairedWorld } from "./paired-world";

const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";
const WAIT_MS = 120_000;

const missing = missingRig();
if (missing !== undefined) throw new Error(`No real Odoo: ${missing}.`);

describe("The addon in a real Odoo, with a gateway, an agent and a simulated cluster", () => {
  let world: PairedWorld;
  let operator: OdooSession;
  let approver: OdooSession;

  beforeAll(async () => {
    world = await PairedWorld.start();
  }, 1_200_000);
  afterAll(() => world?.stop(), 300_000);

  /** Waits until the record says so. */
  async function becomes(
    model: string,
    id: number,
    wanted: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const fields = Object.keys(wanted);
    await eventually(
      `${model} ${id} is ${JSON.stringify(wanted)}`,
      async () => {
        const found = await world.admin.find(model, [["id", "=", id]], fields);
        for (const name of fields)
          if (found?.[name] !== wanted[name])
            throw new Error(JSON.stringify(found));
        return true;
      },
      WAIT_MS,
    );
  }

  async function deploy(name: string, namespace: string): Promise<number> {
    const entry = await operator.require("vworkspace.catalog.entry", [
      ["code", "=", "wiki"],
    ]);
    const wizard = await operator.create("vworkspace.deploy.wizard", {
      catalog_entry_id: entry.id,
      name,
      namespace,
    });
    const opened = (await operator.call(
      "vworkspace.deploy.wizard",
      "action_deploy",
      [[wizard]],
    )) as { res_id: number };
    return opened.res_id;
  }

  it("passes its own tests", async () => {
    const { output, hasPassed } = await world.odoo.testAddon();
    expect(hasPassed ? "" : output).toBe("");
  }, 1_200_000);

  it("is connected with an address, a key and a pairing code", async () => {
    const id = await world.admin.create("vworkspace.gateway", {
      name: "Gateway",
      url: world.gatewayUrl,
      api_key: await world.bridgeKey(),
    });
    const model = "vworkspace.gateway";
    expect(
      JSON.stringify(
        await world.admin.call(model, "action_test_connection", [[id]]),
      ),
    ).toMatch(/Connected to/);
    await world.admin.call(model, "action_pair", [
      [id],
      await world.pairingCode(),
    ]);
    await becomes(model, id, { state: "paired" });
    for (const [of, code] of [
      ["vworkspace.cluster", "demo"],
      ["vworkspace.catalog.entry", "wiki"],
    ] as const)
      await eventually(
        `Odoo has the ${of} ${code}`,
        () => world.admin.find(of, [["code", "=", code]]),
        WAIT_MS,
      );
  });

  it("deploys from the wizard, and the record becomes ready as the cluster says", async () => {
    operator = world.odoo.connect(await world.person("operator"));
    const id = await deploy("handbook", "demo-handbook");
    await becomes(INSTANCE, id, { state: "ready", sync_state: "idle" });
    const record = await world.admin.require(
      INSTANCE,
      [["id", "=", id]],
      ["generation", "observed_generation", "conditions_json"],
    );
    expect(record).toMatchObject({ generation: 1, observed_generation: 1 });
    expect(record["conditions_json"]).toContain('"Ready"');
  });

  it("shows on the record, in words, what policy denies", async () => {
    const id = await deploy("forbidden", "kube-system");
    await becomes(INSTANCE, id, { sync_state: "refused" });
    const { sync_error } = await world.admin.require(
      INSTANCE,
      [["id", "=", id]],
      ["sync_error"],
    );
    expect(sync_error).toMatch(/allowed_namespaces.*kube-system/);
  });

  it("runs a backup when a second person has approved of it in Odoo", async () => {
    await world.cli("organization", "approval-trust", "demo", "odoo");
    // Odoo asks when it is connected, and with each comparison.
    const gateway = await world.admin.require("vworkspace.gateway", []);
    await world.admin.call("vworkspace.gateway", "action_test_connection", [
      [gateway.id],
    ]);
    approver = world.odoo.connect(await world.person("approver"));
    const instance = await operator.require(INSTANCE, [
      ["name", "=", "handbook"],
    ]);
    const opened = (await operator.call(INSTANCE, "action_backup", [
      [instance.id],
    ])) as { res_id: number };
    const id = opened.res_id;
    await becomes(OPERATION, id, { state: "awaiting_approval" });
    await approver.call(OPERATION, "action_approve", [[id]]);
    await becomes(OPERATION, id, { state: "succeeded" });
    const { last_backup_at } = await world.admin.require(
      INSTANCE,
      [["id", "=", instance.id]],
      ["last_backup_at"],
    );
    expect(last_backup_at).not.toBe(false);
  });

  it("tells the company's channel of the deployment and of the backup", async () => {
    const channel = await operator.require(
      "discuss.channel",
      [["vworkspace_company_id", "!=", false]],
      ["channel_type"],
    );
    expect(channel["channel_type"]).toBe("group");
    for (const words of ["handbook", "Backup"])
      await eventually(
        `the channel tells of ${words}`,
        () =>
          operator.find("mail.message", [
            ["model", "=", "discuss.channel"],
            ["res_id", "=", channel.id],
            ["body", "ilike", words],
          ]),
        WAIT_MS,
      );
  });

  it("removes an application, and keeps its record until the cluster has confirmed", async () => {
    const { id } = await operator.require(INSTANCE, [
      ["name", "=", "handbook"],
    ]);
    await operator.call(INSTANCE, "action_delete", [[id]]);
    await becomes(INSTANCE, id, { state: "deleted", active: false });
  });
});
