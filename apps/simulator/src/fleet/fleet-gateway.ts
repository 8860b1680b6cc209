import {
  isStruct,
  OdooClient,
  RpcFault,
  type RpcValue,
} from "@vworkspace/odoo-rpc";

const CHARTS = "oci://charts.example.com/fleet";
const VERSION = "1.2.0";
const CODE = "fleet-app";
const CATALOG = {
  code: CODE,
  name: "Fleet application",
  chart_source_type: "oci",
  chart_url: CHARTS,
  chart_name: "app",
  recommended_version: VERSION,
};
const POLICY = {
  name: "Fleet",
  allowed_namespaces: ["fleet-*"],
  allowed_catalog_codes: [CODE],
  allowed_chart_url_prefixes: [CHARTS],
};
/** Each may take half a minute. */
const MAX_TRIES = 5;
const INSTANCE = "vworkspace.application.instance";

export interface FleetGatewayOptions {
  readonly url: string;
  readonly database: string;
  readonly login: string;
  readonly key: string;
}

/** The gateway as an admin of an organization uses it: through its Odoo-shaped API. */
export class FleetGateway {
  private readonly client: OdooClient;
  private isGivenUp = false;
  /** Where all applications of this run are, in every cluster. */
  readonly namespace: string;

  /** @param run tells this run's clusters from those of others at the same gateway */
  constructor(
    options: FleetGatewayOptions,
    private readonly run: string,
  ) {
    this.client = OdooClient.connect({ ...options, protocol: "jsonrpc" });
    this.namespace = `fleet-${run}`;
  }

  /** From now on a call that fails is not tried again. */
  giveUp(): void {
    this.isGivenUp = true;
  }

  close(): Promise<void> {
    return this.client.close();
  }

  /** Catalog entry and policy, where they are missing. @throws RpcFault, DomainError */
  async prepare(): Promise<void> {
    await this.ensure("vworkspace.catalog.entry", ["code", CODE], CATALOG);
    await this.ensure("vworkspace.policy", ["name", POLICY.name], POLICY);
  }

  /** A new cluster. @returns its record's id, and a token that registers one agent for it */
  async newCluster(
    index: number,
  ): Promise<{ readonly id: number; readonly token: string }> {
    const code = `fleet-${this.run}-${String(index).padStart(5, "0")}`;
    const model = "vworkspace.cluster";
    const values = { code, name: `Fleet ${this.run} ${index}` };
    const id = Number(await this.write(code, model, "create", [values]));
    const method = "action_issue_registration_token";
    const answer = await this.persist(() => this.call(model, method, [[id]]));
    const token = isStruct(answer) ? answer["token"] : undefined;
    if (typeof token !== "string")
      throw new Error(`The gateway gives no registration token for ${code}.`);
    return { id, token };
  }

  /** @returns the id of its record */
  async newApplication(clusterId: number, name: string): Promise<number> {
    const values = {
      name,
      namespace: this.namespace,
      catalog_code: CODE,
      chart_version: VERSION,
      cluster_id: clusterId,
      values: { round: 0 },
    };
    const requestId = `${this.namespace}-${clusterId}-${name}`;
    const args = [values];
    return Number(await this.write(requestId, INSTANCE, "create", args));
  }

  /** Asks for other values, which makes a job. */
  async change(application: number, round: number): Promise<void> {
    const requestId = `${this.namespace}-${application}-round-${round}`;
    const args = [[application], { values: { round } }];
    await this.write(requestId, INSTANCE, "write", args);
  }

  /** Applications of this run that the gateway knows to be Ready. */
  async readyApplications(): Promise<number> {
    const domain = [
      ["namespace", "=", this.namespace],
      ["state", "=", "ready"],
    ];
    return Number(await this.call(INSTANCE, "search_count", [domain]));
  }

  /** Events of the whole organization. */
  async events(): Promise<number> {
    return Number(await this.call("vworkspace.event", "search_count", [[]]));
  }

  private async ensure(
    model: string,
    [field, value]: readonly [string, string],
    values: Readonly<Record<string, RpcValue>>,
  ): Promise<void> {
    const domain = [[field, "=", value]];
    const found = await this.call(model, "search_count", [domain]);
    if (Number(found) === 0) await this.call(model, "create", [{ ...values }]);
  }

  /** The gateway does it once, however often it is asked under that id. */
  private write(
    ...[requestId, model, method, args]: [string, string, string, RpcValue[]]
  ): Promise<RpcValue> {
    return this.persist(() =>
      this.client.executeKw(model, method, args, { request_id: requestId }),
    );
  }

  /** Asks again where nobody knows whether it was done. @throws RpcFault, DomainError after the last try */
  private async persist(ask: () => Promise<RpcValue>): Promise<RpcValue> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        const isFinal = error instanceof RpcFault || this.isGivenUp;
        if (isFinal || tries === MAX_TRIES) throw error;
      }
    }
  }

  private call(
    model: string,
    method: string,
    args: RpcValue[],
  ): Promise<RpcValue> {
    return this.client.executeKw(model, method, args);
  }
}
