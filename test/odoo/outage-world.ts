import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChaosAgent } from "../chaos/chaos-agent";
import { ChaosCluster } from "../chaos/chaos-cluster";
import { ChaosStage } from "../chaos/chaos-stage";
import { freePorts } from "../cluster/free-ports";
import { assembleAddon } from "./assemble-addon";
import { addPerson } from "./odoo-people";
import { OdooRig, OdooSession } from "./odoo-rig";

const GATEWAY = "vworkspace.gateway";
const DATABASE = "vworkspace.odoo.database";
export const INSTANCE = "vworkspace.application.instance";
export const OPERATION = "vworkspace.operation";
export const OUTBOX = "vworkspace.outbox";
export const NAMESPACE = "chaos-odoo";

interface Parts {
  readonly folder: string;
  readonly stage: ChaosStage;
  readonly cluster: ChaosCluster;
  readonly agentSettings: Readonly<Record<string, string>>;
}

/**
 * A real Odoo, a gateway with a PostgreSQL of its own, a simulated cluster and its agent: each a program that can be killed, and
 * the two databases can be put back to what they were.
 */
export class OutageWorld {
  readonly admin: OdooSession;
  readonly gateway: OdooSession;
  private agent: ChaosAgent | undefined;

  private constructor(
    readonly odoo: OdooRig,
    private readonly parts: Parts,
  ) {
    this.admin = odoo.connect();
    const [client] = parts.stage.clients;
    if (client === undefined) throw new Error("The gateway has no caller.");
    this.gateway = new OdooSession(client);
  }

  static async start(): Promise<OutageWorld> {
    const folder = mkdtempSync(join(tmpdir(), "vworkspace-odoo-"));
    const addons = assembleAddon(folder);
    const [port = 0] = await freePorts(1);
    const odoo = await OdooRig.start(addons, {
      port,
      database: `outages_${process.pid}`,
    });
    const stage = await ChaosStage.start();
    const cluster = await ChaosCluster.start("simulator", folder);
    const { token } = await stage.newCluster("vienna");
    return new OutageWorld(odoo, {
      folder,
      stage,
      cluster,
      agentSettings: {
        CONTROL_PLANE_ENDPOINT: stage.gateway.url,
        KUBECONFIG: cluster.agentKubeconfig,
        VWORKSPACE_REGISTRATION_TOKEN: token,
        VWORKSPACE_POLL_WAIT_SECONDS: "2",
        VWORKSPACE_STATE_DIR: join(folder, "spool"),
      },
    });
  }

  startAgent(): void {
    const { folder, agentSettings: environment } = this.parts;
    this.agent = new ChaosAgent({
      logFile: join(folder, "agent.log"),
      environment,
    });
  }

  async stopAgent(): Promise<void> {
    await this.agent?.stop();
    this.agent = undefined;
  }

  /** As a person does it: an address, a key, a code. */
  async pair(): Promise<void> {
    const { admin, gateway } = this;
    const values = { login: "odoo", name: "Odoo", role: "bridge" };
    const user = await gateway.create("res.users", values);
    const issued = await gateway.call("res.users", "action_issue_api_key", [
      [user],
      "Odoo",
    ]);
    const id = await admin.create(GATEWAY, {
      url: this.parts.stage.gateway.url,
      api_key: (issued as { key: string }).key,
    });
    const database = await gateway.create(DATABASE, { name: "Odoo" });
    const { code } = (await gateway.call(
      DATABASE,
      "action_issue_pairing_code",
      [[database]],
    )) as { code: string };
    await admin.call(GATEWAY, "action_pair", [[id], code]);
  }

  /** Presses "Compare now". */
  async compareNow(): Promise<void> {
    const { id } = await this.admin.require(GATEWAY, []);
    await this.admin.call(GATEWAY, "action_compare_now", [[id]]);
  }

  async operator(): Promise<OdooSession> {
    return this.odoo.connect(await addPerson(this.admin, "operator"));
  }

  killGateway(): Promise<void> {
    return this.parts.stage.gateway.kill();
  }

  reviveGateway(): Promise<void> {
    return this.parts.stage.gateway.revive();
  }

  /** Puts the gateway's database aside, or back. The gateway has to be dead. */
  async copyGatewayDatabase(from: string, to: string): Promise<void> {
    await this.parts.stage.gateway.postgres.copyDatabase(from, to);
  }

  /** Names of the applications that the cluster has, to the UIDs that they got when they were made. */
  uidsInCluster(): Promise<Readonly<Record<string, string>>> {
    return this.parts.cluster.uids();
  }

  async stop(): Promise<void> {
    await this.admin.close();
    await this.stopAgent();
    await this.parts.cluster.stop();
    await this.parts.stage.stop();
    await this.odoo.stop();
    rmSync(this.parts.folder, { recursive: true, force: true });
  }
}
