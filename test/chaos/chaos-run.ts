import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { OdooClient, type RpcValue } from "@vworkspace/odoo-rpc";
import { z } from "zod";
import { Program } from "../../tools/demo/program";
import {
  ApplicationStream,
  type WantedApplication,
} from "./application-stream";
import { ChaosCluster } from "./chaos-cluster";
import { ChaosGateway } from "./chaos-gateway";
import { type GatewayLedger, readLedger } from "./gateway-ledger";
import type { KillMoment } from "./kill-plan";

const LOGIN = "chaos";
const CLUSTER = "chaos";
const CHARTS = "oci://charts.example.com/apps";
const CATALOG = {
  code: "shop",
  name: "Shop",
  chart_source_type: "oci",
  chart_url: CHARTS,
  chart_name: "shop",
  recommended_version: "1.2.0",
};
const POLICY = {
  name: "Chaos",
  allowed_namespaces: ["chaos-*"],
  allowed_catalog_codes: ["*"],
  allowed_chart_url_prefixes: [CHARTS],
};

/** Short enough that what a kill left behind is found again within the test. */
const GATEWAY_TIMES = {
  VWORKSPACE_JOB_LEASE_SECONDS: "15",
  VWORKSPACE_REISSUE_SECONDS: "5",
  VWORKSPACE_SWEEP_SECONDS: "1",
};
const CALLERS_PER_PROTOCOL = 4;
const LOOK_MS = 500;
const CONNECT_MS = 60_000;
const AGENT_LOG = "agent.log";
const KEPT_LINES = 20;

/** A gateway that is killed again and again, an agent that isn't, and callers that want applications. */
export class ChaosRun {
  /** Clusters are numbered in Odoo's protocols. */
  private clusterNumber = 0;

  private constructor(
    readonly gateway: ChaosGateway,
    readonly cluster: ChaosCluster,
    private readonly agents: Program[],
    private readonly clients: readonly OdooClient[],
  ) {}

  /** Starts all three, registered through the contract, with a catalog and a policy. */
  static async start(): Promise<ChaosRun> {
    const key = randomBytes(32).toString("hex");
    const gateway = await ChaosGateway.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `${LOGIN}:${key}`,
      ...GATEWAY_TIMES,
    });
    const cluster = await ChaosCluster.start();
    const clients = (["xmlrpc", "jsonrpc"] as const).flatMap((protocol) =>
      Array.from({ length: CALLERS_PER_PROTOCOL }, () =>
        OdooClient.connect({
          url: gateway.url,
          database: "test",
          login: LOGIN,
          key,
          protocol,
          timeoutMs: 10_000,
        }),
      ),
    );
    const run = new ChaosRun(gateway, cluster, [], clients);
    try {
      await run.prepare();
      return run;
    } catch (error) {
      await run.stop();
      throw error;
    }
  }

  /** Callers for so many applications, in some namespaces; nothing is sent yet. */
  applications(count: number): ApplicationStream {
    const wanted = Array.from({ length: count }, (_, index) => ({
      requestId: `chaos-${index}`,
      values: {
        cluster_id: this.clusterNumber,
        catalog_code: CATALOG.code,
        namespace: `chaos-${index % 8}`,
        name: `app-${index}`,
        values_json: JSON.stringify({ replicas: 1 + (index % 3) }),
      },
    })) satisfies WantedApplication[];
    return new ApplicationStream(this.clients, wanted);
  }

  /** Kills the gateway at these moments of the stream, and starts it again each time. */
  async killAlong(
    plan: readonly KillMoment[],
    stream: ApplicationStream,
  ): Promise<void> {
    for (const { afterCreates, delayMs, withPostgres } of plan) {
      await stream.reached(afterCreates);
      await sleep(delayMs);
      await this.gateway.kill(withPostgres);
      await this.gateway.restart();
    }
  }

  /** The ledger once every instance is ready and no job is open, or as it is when the time is over. */
  async quietLedger(waitMs: number): Promise<GatewayLedger> {
    const endsAt = Date.now() + waitMs;
    for (;;) {
      const ledger = await readLedger(await this.gateway.databaseUrl());
      if (isQuiet(ledger) || Date.now() > endsAt) return ledger;
      await sleep(LOOK_MS);
    }
  }

  /** What gateway and agent wrote last, for a person. */
  async lastWords(): Promise<string> {
    const log = await readFile(this.cluster.file(AGENT_LOG), "utf8");
    const agent = log.trimEnd().split("\n").slice(-KEPT_LINES).join("\n");
    return `The gateway:\n${this.gateway.lastOutput}\n\nThe agent:\n${agent}`;
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) await agent.stop();
    for (const client of this.clients) await client.close();
    await this.gateway.stop();
    await this.cluster.stop();
  }

  private async prepare(): Promise<void> {
    const values = { code: CLUSTER, name: "Chaos" };
    this.clusterNumber = Number(
      await this.call("vworkspace.cluster", "create", values),
    );
    await this.call("vworkspace.catalog.entry", "create", CATALOG);
    await this.call("vworkspace.policy", "create", POLICY);
    const answer = await this.call(
      "vworkspace.cluster",
      "action_issue_registration_token",
      [this.clusterNumber],
    );
    const { token } = z.looseObject({ token: z.string() }).parse(answer);
    this.startAgent(token);
    await this.connected();
  }

  /** A registration whose answer is lost is a person's to repeat, so nothing is killed before the agent has polled. */
  private async connected(): Promise<void> {
    const domain = ["id", "=", this.clusterNumber];
    const count = () =>
      this.call("vworkspace.cluster", "search_count", [
        domain,
        ["connected", "=", true],
      ]);
    const endsAt = Date.now() + CONNECT_MS;
    while ((await count()) !== 1) {
      if (Date.now() > endsAt)
        throw new Error(`No agent has connected.\n${await this.lastWords()}`);
      await sleep(LOOK_MS);
    }
  }

  private startAgent(registrationToken: string): void {
    const agent = new Program({
      name: "agent",
      main: "apps/agent/src/main.js",
      logFile: this.cluster.file(AGENT_LOG),
      environment: {
        CONTROL_PLANE_ENDPOINT: this.gateway.url,
        KUBECONFIG: this.cluster.kubeconfig,
        VWORKSPACE_REGISTRATION_TOKEN: registrationToken,
        VWORKSPACE_JOB_LEASE_SECONDS:
          GATEWAY_TIMES.VWORKSPACE_JOB_LEASE_SECONDS,
        VWORKSPACE_REQUEST_TIMEOUT_SECONDS: "10",
      },
    });
    this.agents.push(agent);
  }

  private async call(
    model: string,
    method: string,
    argument: RpcValue,
  ): Promise<RpcValue> {
    const [client] = this.clients;
    if (client === undefined) throw new Error("There is no caller.");
    return client.executeKw(model, method, [argument]);
  }
}

function isQuiet({ instances, openJobs }: GatewayLedger): boolean {
  return (
    openJobs.length === 0 && instances.every(({ state }) => state === "ready")
  );
}
