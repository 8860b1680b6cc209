import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import type { DemoFile, People } from "./demo-file";
import { OdooCalls, text } from "./odoo-calls";
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
/** What Velero does for each of them, if two people want it. */
const CAPABILITIES = { backup: "velero", restore: "velero" };
const OPERATIONS = ["Backup/velero", "Restore/velero"];
const CHARTS = "oci://charts.example.com/apps";
const LOOK_MS = 60;

/** What became of the application: `late` is neither Ready nor waiting for anything in the time given. */
export type Outcome = "ready" | "blocked" | "late";

/** What there has to be, and the way of one application. */
export class Tour {
  private readonly admin: OdooCalls;

  constructor(
    private readonly demo: DemoFile,
    private readonly screen: Screen,
  ) {
    this.admin = new OdooCalls(demo, demo);
  }

  close(): Promise<void> {
    return this.admin.close();
  }

  /** The cluster's record, made where it is missing. @returns its id and state */
  async cluster(simulated: boolean): Promise<{ id: number; state: string }> {
    const domain = [["code", "=", this.demo.clusterId]];
    const [found] = await this.admin.read("vworkspace.cluster", domain, [
      "state",
    ]);
    if (found) return { id: Number(found["id"]), state: text(found, "state") };
    const id = await this.admin.call("vworkspace.cluster", "create", [
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
    const [found] = await this.admin.read("vworkspace.cluster", domain, fields);
    const isSo = Object.entries(values).every(
      ([field, value]) => found?.[field] === value,
    );
    if (!isSo)
      await this.admin.call("vworkspace.cluster", "write", [
        [clusterId],
        values,
      ]);
  }

  /** Another cluster, for a person with curl. @returns its registration token; undefined once somebody has registered */
  async clusterOfAPerson(code: string): Promise<string | undefined> {
    const model = "vworkspace.cluster";
    const [found] = await this.admin.read(
      model,
      [["code", "=", code]],
      ["state"],
    );
    if (found && text(found, "state") !== "pending") return undefined;
    const id = found
      ? Number(found["id"])
      : await this.admin.call(model, "create", [
          { code, name: "A person with curl", token_mode: "mtls" },
        ]);
    return this.registrationToken(Number(id));
  }

  async registrationToken(clusterId: number): Promise<string> {
    const answer = (await this.admin.call(
      "vworkspace.cluster",
      "action_issue_registration_token",
      [[clusterId]],
    )) as RpcStruct;
    return text(answer, "token");
  }

  /** Catalog and policy, where they are missing. */
  async prepare(): Promise<void> {
    for (const entry of CATALOG) {
      const found = await this.admin.read(
        "vworkspace.catalog.entry",
        [["code", "=", entry.code]],
        ["code"],
      );
      if (found.length === 0)
        await this.admin.call("vworkspace.catalog.entry", "create", [
          {
            ...entry,
            chart_source_type: "oci",
            chart_url: CHARTS,
            capabilities: CAPABILITIES,
          },
        ]);
    }
    this.screen.step(
      "Catalog",
      CATALOG.map((entry) => `${entry.name} ${entry.recommended_version}`).join(
        ", ",
      ),
    );
    await this.policy();
  }

  private async policy(): Promise<void> {
    const policies = await this.admin.read("vworkspace.policy", [], ["name"]);
    if (policies.length === 0) {
      await this.admin.call("vworkspace.policy", "create", [
        {
          name: "Demo policy",
          allowed_namespaces: ["demo-*"],
          allowed_catalog_codes: ["*"],
          allowed_chart_url_prefixes: [CHARTS],
          max_instances: 50,
          allowed_operations: OPERATIONS,
          require_approval_for: OPERATIONS,
          four_eyes: true,
        },
      ]);
    }
    this.screen.step(
      "Policy",
      "namespaces demo-*, charts of the catalog, at most 50 instances; backups and restores want a second person",
    );
  }

  /** An operator and an approver, made where they are missing; their keys, those of the last start where they still open. */
  async people(): Promise<People> {
    const known = this.demo.people;
    const people = {
      operator: await this.keyOf("operator", known?.operator),
      approver: await this.keyOf("approver", known?.approver),
    };
    this.screen.step("Users", "admin, operator, approver");
    return people;
  }

  private async keyOf(
    login: keyof People,
    known: string | undefined,
  ): Promise<string> {
    if (known !== undefined) {
      const calls = new OdooCalls(this.demo, { login, key: known });
      const mayEnter = await calls.mayEnter();
      await calls.close();
      if (mayEnter) return known;
    }
    const domain = [["login", "=", login]];
    const [found] = await this.admin.read("res.users", domain, ["login"]);
    const id = found
      ? Number(found["id"])
      : Number(
          await this.admin.call("res.users", "create", [
            { login, role: login },
          ]),
        );
    const named = [[id], "npm start"];
    const issued = (await this.admin.call(
      "res.users",
      "action_issue_api_key",
      named,
    )) as RpcStruct;
    return text(issued, "key");
  }

  /** Makes the application where it is missing, and shows its way until it is Ready, or waits for something. */
  async application(
    patienceSeconds: number,
  ): Promise<{ readonly id: number; readonly outcome: Outcome }> {
    const clusterId = (await this.cluster(true)).id;
    const domain = [
      ["cluster_id", "=", clusterId],
      ["namespace", "=", APPLICATION.namespace],
      ["name", "=", APPLICATION.name],
      ["state", "!=", "deleted"],
    ];
    const [found] = await this.admin.read(
      "vworkspace.application.instance",
      domain,
      ["name"],
    );
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
          await this.admin.call("vworkspace.application.instance", "create", [
            { ...APPLICATION, cluster_id: clusterId, values: { replicas: 2 } },
          ]),
        );
    return { id, outcome: await this.follow(id, patienceSeconds) };
  }

  /** Prints each change that the gateway tells of. */
  private async follow(id: number, patienceSeconds: number): Promise<Outcome> {
    const tell = this.screen.travelOnce();
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
    const [instance] = await this.admin.read(
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
    const [job] = await this.admin.read(
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
