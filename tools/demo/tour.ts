import {
  OdooClient,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { DemoFile } from "./demo-file";
import { DemoFailure } from "./program";
import type { Screen } from "./screen";

const APPLICATION = {
  name: "shop",
  namespace: "demo-shop",
  catalog_code: "webshop",
  chart_version: "1.2.0",
};
const CATALOG = [
  {
    code: "webshop",
    name: "Web shop",
    chart_name: "webshop",
    recommended_version: "1.2.0",
  },
  {
    code: "wiki",
    name: "Wiki",
    chart_name: "wiki",
    recommended_version: "3.0.1",
  },
  {
    code: "forms",
    name: "Forms",
    chart_name: "forms",
    recommended_version: "0.9.0",
  },
];
const CHARTS = "oci://charts.example.com/apps";
const LOOK_MS = 60;

/** What became of the application: `late` is neither Ready nor waiting for anything in the time given. */
export type Outcome = "ready" | "blocked" | "late";

/** Uses the gateway as an Odoo would: XML-RPC, and nothing else. */
export class Tour {
  private readonly client: OdooClient;

  constructor(
    private readonly demo: DemoFile,
    private readonly screen: Screen,
  ) {
    const { url, database, login, key } = demo;
    this.client = OdooClient.connect({
      url,
      database,
      login,
      key,
      protocol: "xmlrpc",
    });
  }

  close(): Promise<void> {
    return this.client.close();
  }

  /** The cluster's record, made where it is missing. @returns its id and state */
  async cluster(simulated: boolean): Promise<{ id: number; state: string }> {
    const domain = [["code", "=", this.demo.clusterId]];
    const [found] = await this.read("vworkspace.cluster", domain, ["state"]);
    if (found) return { id: Number(found["id"]), state: text(found, "state") };
    const id = await this.call("vworkspace.cluster", "create", [
      { code: this.demo.clusterId, name: "Demo cluster", simulated },
    ]);
    return { id: Number(id), state: "pending" };
  }

  /**
   * With protection only its certificate lets the cluster's agent in, and jobs are signed and encrypted; without, its key does.
   * Before an agent has registered it says which one may.
   */
  async protect(clusterId: number, isProtected: boolean): Promise<void> {
    const values = {
      token_mode: isProtected ? "mtls" : "bearer",
      require_signed_payloads: isProtected,
      require_encrypted_payloads: isProtected,
    };
    const domain = [["id", "=", clusterId]];
    const fields = Object.keys(values);
    const [found] = await this.read("vworkspace.cluster", domain, fields);
    const isSo = Object.entries(values).every(
      ([field, value]) => found?.[field] === value,
    );
    if (!isSo)
      await this.call("vworkspace.cluster", "write", [[clusterId], values]);
  }

  /** Another cluster, for a person with curl. @returns its registration token; undefined once somebody has registered */
  async clusterOfAPerson(code: string): Promise<string | undefined> {
    const model = "vworkspace.cluster";
    const [found] = await this.read(model, [["code", "=", code]], ["state"]);
    if (found && text(found, "state") !== "pending") return undefined;
    const id = found
      ? Number(found["id"])
      : await this.call(model, "create", [
          { code, name: "A person with curl", token_mode: "mtls" },
        ]);
    return this.registrationToken(Number(id));
  }

  async registrationToken(clusterId: number): Promise<string> {
    const answer = (await this.call(
      "vworkspace.cluster",
      "action_issue_registration_token",
      [[clusterId]],
    )) as RpcStruct;
    return text(answer, "token");
  }

  /** Catalog and policy, where they are missing. */
  async prepare(): Promise<void> {
    for (const entry of CATALOG) {
      const found = await this.read(
        "vworkspace.catalog.entry",
        [["code", "=", entry.code]],
        ["code"],
      );
      if (found.length === 0)
        await this.call("vworkspace.catalog.entry", "create", [
          { ...entry, chart_source_type: "oci", chart_url: CHARTS },
        ]);
    }
    this.screen.step(
      "Catalog",
      CATALOG.map((entry) => `${entry.name} ${entry.recommended_version}`).join(
        ", ",
      ),
    );
    const policies = await this.read("vworkspace.policy", [], ["name"]);
    if (policies.length === 0) {
      await this.call("vworkspace.policy", "create", [
        {
          name: "Demo policy",
          allowed_namespaces: ["demo-*"],
          allowed_catalog_codes: ["*"],
          allowed_chart_url_prefixes: [CHARTS],
          max_instances: 50,
        },
      ]);
    }
    this.screen.step(
      "Policy",
      "namespaces demo-*, charts of the catalog, at most 50 instances",
    );
  }

  /** Makes the application where it is missing, and shows its way until it is Ready, or waits for something. */
  async application(patienceSeconds: number): Promise<Outcome> {
    const clusterId = (await this.cluster(true)).id;
    const domain = [
      ["cluster_id", "=", clusterId],
      ["namespace", "=", APPLICATION.namespace],
      ["name", "=", APPLICATION.name],
      ["state", "!=", "deleted"],
    ];
    const [found] = await this.read("vworkspace.application.instance", domain, [
      "name",
    ]);
    if (found)
      this.screen.step(
        "Application",
        `${APPLICATION.name} in ${APPLICATION.namespace} is there from an earlier start`,
      );
    else
      this.screen.step(
        "XML-RPC create",
        `vworkspace.application.instance ${APPLICATION.name} in ${APPLICATION.namespace}`,
      );
    const id = found
      ? Number(found["id"])
      : Number(
          await this.call("vworkspace.application.instance", "create", [
            { ...APPLICATION, cluster_id: clusterId, values: { replicas: 2 } },
          ]),
        );
    return this.follow(id, patienceSeconds);
  }

  /** Prints each change that the gateway tells of. */
  private async follow(id: number, patienceSeconds: number): Promise<Outcome> {
    const seen = new Set<string>();
    const tell = (where: string, what: string) => {
      if (seen.size < 200 && !seen.has(`${where} ${what}`))
        this.screen.travel(where, what);
      seen.add(`${where} ${what}`);
    };
    for (
      const deadline = Date.now() + patienceSeconds * 1000;
      Date.now() < deadline;
    ) {
      const state = await this.look(id, tell);
      if (state === "ready" || state === "blocked") return state;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return "late";
  }

  private async look(
    id: number,
    tell: (where: string, what: string) => void,
  ): Promise<string> {
    const [instance] = await this.read(
      "vworkspace.application.instance",
      [["id", "=", id]],
      ["state", "generation", "conditions"],
    );
    if (!instance) throw new DemoFailure("The application is gone.");
    tell(
      "gateway",
      `intent stored: generation ${text(instance, "generation")}`,
    );
    const key = `applicationinstance/${APPLICATION.namespace}/${APPLICATION.name}@${text(instance, "generation")}`;
    const [job] = await this.read(
      "vworkspace.job",
      [["idempotency_key", "=", key]],
      ["state", "code"],
    );
    if (job)
      tell(
        job["state"] === "queued" ? "gateway" : "agent",
        `apply job ${text(job, "state")}`,
      );
    for (const condition of conditions(instance["conditions"])) {
      tell(
        "cluster",
        `${condition.type}=${condition.status} ${condition.reason}${condition.message === "" ? "" : `: ${condition.message}`}`,
      );
    }
    return text(instance, "state");
  }

  private call(
    model: string,
    method: string,
    positional: readonly unknown[],
  ): Promise<RpcValue> {
    return this.client.executeKw(model, method, positional as RpcValue[]);
  }

  private async read(
    model: string,
    domain: readonly unknown[],
    fields: string[],
  ): Promise<RpcStruct[]> {
    return (await this.client.executeKw(
      model,
      "search_read",
      [domain as RpcValue],
      { fields },
    )) as RpcStruct[];
  }
}

/** A field that is text or a number, as text. */
function text(record: RpcStruct, field: string): string {
  const value = record[field];
  return typeof value === "string" || typeof value === "number"
    ? String(value)
    : "";
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function conditions(value: RpcValue | undefined): Condition[] {
  return Array.isArray(value)
    ? (value as unknown as Condition[]).filter(
        (condition) =>
          condition.status === "True" || condition.type === "Ready",
      )
    : [];
}
