import { randomBytes } from "node:crypto";
import {
  OdooClient,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { z } from "zod";
import { ChaosGateway } from "./chaos-gateway";

const LOGIN = "chaos";
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

/** Short enough that what a fault left behind is found again within seconds. */
export const STAGE_TIMES = {
  leaseSeconds: 3,
  jobSeconds: 5,
  reissueSeconds: 1,
  requestSeconds: 5,
} as const;

const CALLERS_PER_PROTOCOL = 4;

/** What many runs share: a gateway with its database, a catalog, a policy, and callers. Each run has a cluster of its own. */
export class ChaosStage {
  readonly catalogCode = CATALOG.code;

  private constructor(
    readonly gateway: ChaosGateway,
    readonly clients: readonly OdooClient[],
  ) {}

  static async start(): Promise<ChaosStage> {
    const key = randomBytes(32).toString("hex");
    const gateway = await ChaosGateway.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `${LOGIN}:${key}`,
      VWORKSPACE_JOB_LEASE_SECONDS: String(STAGE_TIMES.leaseSeconds),
      VWORKSPACE_JOB_TTL_SECONDS: String(STAGE_TIMES.jobSeconds),
      VWORKSPACE_REISSUE_SECONDS: String(STAGE_TIMES.reissueSeconds),
      VWORKSPACE_SWEEP_SECONDS: "1",
    });
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
    const stage = new ChaosStage(gateway, clients);
    try {
      await stage.call("vworkspace.catalog.entry", "create", CATALOG);
      await stage.call("vworkspace.policy", "create", POLICY);
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  /** A new cluster: its id in Odoo's protocols, and a token that registers an agent for it. */
  async newCluster(code: string): Promise<{ number: number; token: string }> {
    const model = "vworkspace.cluster";
    const number = Number(
      await this.call(model, "create", { code, name: code }),
    );
    const method = "action_issue_registration_token";
    const answer = await this.call(model, method, [number]);
    const { token } = z.looseObject({ token: z.string() }).parse(answer);
    return { number, token };
  }

  async stop(): Promise<void> {
    for (const client of this.clients) await client.close();
    await this.gateway.stop();
  }

  private async call(
    model: string,
    method: string,
    argument: RpcStruct | RpcValue,
  ): Promise<RpcValue> {
    const [client] = this.clients;
    if (client === undefined) throw new Error("There is no caller.");
    return client.executeKw(model, method, [argument]);
  }
}
