import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { z } from "zod";
import { eventually } from "./expectations";
import { GatewayProcess } from "./gateway-process";
import { type Applied, ObligingAgent } from "./obliging-agent";
import { OdooSession } from "./odoo-session";

jest.setTimeout(180_000);

const KEY = "e".repeat(64);
const CHARTS = "https://charts.example.com";
const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";
const SEQUENCE = "vworkspace.operation.sequence";
const SETTINGS = {
  VWORKSPACE_BOOTSTRAP_ADMIN: `suite:${KEY}`,
  VWORKSPACE_SWEEP_SECONDS: "1",
};

const tokenSchema = z.looseObject({ token: z.string() });
const rowsSchema = z.array(z.looseObject({}));

describe("Sequences over two clusters", () => {
  let gateway: { process: GatewayProcess; url: string };
  let odoo: OdooSession;
  let clusters: readonly number[];
  let agents: readonly ObligingAgent[];

  beforeAll(async () => {
    gateway = await GatewayProcess.start(SETTINGS);
    odoo = await OdooSession.login(gateway.url, "suite", KEY);
    await odoo.create("vworkspace.catalog.entry", {
      code: "app",
      name: "App",
      chart_source_type: "helm",
      chart_url: CHARTS,
      chart_name: "app",
      capabilities: {
        backup: "velero",
        migration: "velero",
        "run-command": "helmHookJob",
      },
    });
    await odoo.create("vworkspace.policy", {
      name: "suite",
      allowed_namespaces: ["*"],
      allowed_catalog_codes: ["*"],
      allowed_chart_url_prefixes: [CHARTS],
      allowed_operations: ["Backup/*", "Migration/velero", "RunCommand/*"],
    });
    const [one, two] = [await register("one"), await register("two")];
    clusters = [one.id, two.id];
    agents = [one.agent, two.agent];
    for (const agent of agents) agent.start();
  });

  afterAll(async () => {
    for (const agent of agents ?? []) await agent.stop();
    await gateway?.process.stop();
  });

  async function register(code: string) {
    const id = await odoo.create("vworkspace.cluster", { code, name: code });
    const answer = await odoo.execute(
      "vworkspace.cluster",
      "action_issue_registration_token",
      [[id]],
    );
    const { token: registrationToken } = tokenSchema.parse(answer);
    const reply = await fetch(`${gateway.url}/api/agent/register`, {
      method: "POST",
      headers: { "content-type": AGENT_MEDIA_TYPE },
      body: JSON.stringify({ registrationToken }),
    });
    const { token } = tokenSchema.parse(await reply.json());
    return { id, agent: new ObligingAgent(() => gateway.url, code, token) };
  }

  async function deploy(name: string): Promise<number> {
    const id = await odoo.create(INSTANCE, {
      name,
      namespace: "prod",
      cluster_id: clusters[0],
      catalog_code: "app",
      chart_version: "1.0.0",
    });
    await becomes(INSTANCE, id, { state: "ready" });
    return id;
  }

  async function read(model: string, id: number): Promise<object> {
    const rows = rowsSchema.parse(
      await odoo.execute(model, "read", [[id], []]),
    );
    return rows[0] ?? {};
  }

  async function becomes(model: string, id: number, wanted: object) {
    let row: Record<string, unknown> = {};
    await eventually(async () => {
      row = { ...(await read(model, id)) };
      return Object.entries(wanted).every(
        ([name, value]) => row[name] === value,
      );
    }, 1200).catch(() => expect(row).toMatchObject(wanted));
    return row;
  }

  /** What an agent was told of an application, in a few words each. */
  function told(index: number, name: string): readonly string[] {
    const words = ({ kind, metadata, spec }: Applied) =>
      kind === "Operation"
        ? `${String(spec["type"])} in ${metadata.namespace}`
        : `${spec.suspend ? "suspended" : "running"} in ${metadata.namespace}`;
    return (agents[index]?.applied ?? [])
      .filter(({ metadata }) => metadata.name.startsWith(name))
      .map(words);
  }

  it("clone an application with the data of its backup", async () => {
    const instance = await deploy("shop");
    const wanted = {
      instance_id: instance,
      template: "clone",
      parameters: { cluster: "two", namespace: "copy" },
      external_ref: "so-1",
    };
    const id = await odoo.create(SEQUENCE, wanted);
    expect(await odoo.create(SEQUENCE, wanted)).toBe(id);
    const row = await becomes(SEQUENCE, id, { state: "succeeded" });
    expect(row).toMatchObject({ reason: "SequenceCompleted", cancel: false });
    expect(told(0, "shop")).toEqual(["running in prod", "Backup in prod"]);
    expect(told(1, "shop")).toEqual([
      "suspended in copy",
      "Migration in copy",
      "running in copy",
    ]);
    const restore = agents[1]?.applied.find(({ kind }) => kind === "Operation");
    expect(restore?.spec["parameters"]).toMatchObject({
      backupName: "backup-of-one",
      namespaceMapping: { prod: "copy" },
    });
    const operations = rowsSchema.parse(
      await odoo.execute(OPERATION, "search_read", [
        [["sequence_id", "=", id]],
        ["sequence_step", "sequence_id"],
      ]),
    );
    expect(operations.map((one) => one["sequence_step"])).toEqual([
      "backup",
      "restore",
    ]);
    expect(await read(INSTANCE, instance)).toMatchObject({ state: "ready" });
  });

  it("move an application, also over a gateway that is killed, and remove the old one when somebody confirms", async () => {
    const instance = await deploy("blog");
    const id = await odoo.create(SEQUENCE, {
      instance_id: instance,
      template: "migrate",
      parameters_json: '{"cluster":"two"}',
    });
    await gateway.process.kill();
    gateway = await GatewayProcess.start(SETTINGS, gateway.process.dataDir);
    odoo = await OdooSession.login(gateway.url, "suite", KEY);
    const row = await becomes(SEQUENCE, id, {
      reason: "AwaitingConfirmation",
    });
    expect(row).toMatchObject({
      state: "running",
      progress: "step 9 of 11: confirm",
    });
    expect(await read(INSTANCE, instance)).toMatchObject({
      state: "suspended",
    });
    expect(told(1, "blog")).toEqual([
      "suspended in prod",
      "Migration in prod",
      "running in prod",
    ]);
    await odoo.execute(SEQUENCE, "action_confirm", [[id]]);
    await becomes(SEQUENCE, id, { state: "succeeded" });
    expect(await read(INSTANCE, instance)).toMatchObject({ state: "deleted" });
  });

  it("bring the old application back when a move is cancelled", async () => {
    const instance = await deploy("wiki");
    agents[1]?.hangsAt.add("Migration");
    const id = await odoo.create(SEQUENCE, {
      instance_id: instance,
      template: "migrate",
      parameters_json: '{"cluster":"two"}',
    });
    await becomes(SEQUENCE, id, { progress: "step 6 of 11: restore" });
    await odoo.execute(SEQUENCE, "action_cancel", [[id]]);
    const row = await becomes(SEQUENCE, id, { state: "cancelled" });
    expect(row["message"]).toContain("Undone by: resume, discard.");
    await becomes(INSTANCE, instance, { state: "ready" });
    expect(told(0, "wiki")).toEqual([
      "running in prod",
      "suspended in prod",
      "Backup in prod",
      "running in prod",
    ]);
    await expect(
      odoo.execute(SEQUENCE, "action_confirm", [[id]]),
    ).rejects.toThrow("it has ended");
  });

  it("are refused with field, value and remedy, and change no more once they are there", async () => {
    const instance = await deploy("news");
    const wanted = { instance_id: instance, template: "migrate" };
    const refused = (parameters: object) =>
      expect(odoo.create(SEQUENCE, { ...wanted, parameters })).rejects;
    await refused({}).toThrow("must have required property 'cluster'");
    await refused({ cluster: "three" }).toThrow(
      'parameters.cluster is "three"',
    );
    await refused({ cluster: "one" }).toThrow("There is an instance news");
    const id = await odoo.create(SEQUENCE, {
      ...wanted,
      parameters: { cluster: "two" },
    });
    await expect(
      odoo.execute(SEQUENCE, "write", [[id], { template: "clone" }]),
    ).rejects.toThrow("can't be changed");
    await odoo.execute(SEQUENCE, "write", [[id], { external_ref: "so-9" }]);
    expect(await read(SEQUENCE, id)).toMatchObject({ external_ref: "so-9" });
  });
});
