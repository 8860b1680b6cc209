import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { z } from "zod";
import { GatewayProcess } from "./gateway-process";
import { OdooSession } from "./odoo-session";
import type {
  ConformanceTarget,
  Issued,
  JobFacts,
  SuiteObject,
  TargetTimes,
} from "./target";

const LOGIN = "suite";
const CATALOG = "suite-app";
const VERSION = "1.0.0";
const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";

const jobSchema = z.object({
  code: z.string(),
  outcome: z.union([z.string(), z.literal(false)]),
  error: z.union([z.string(), z.literal(false)]),
});

/** The real gateway under the suite; what a person does there, it does over the Odoo-shaped API. */
export async function startGatewayTarget(
  times: TargetTimes,
  settings: Readonly<Record<string, string>> = {},
): Promise<GatewayTarget> {
  const key = randomBytes(32).toString("hex");
  const { process, url } = await GatewayProcess.start({
    VWORKSPACE_BOOTSTRAP_ADMIN: `${LOGIN}:${key}`,
    VWORKSPACE_JOB_LEASE_SECONDS: String(times.leaseSeconds),
    VWORKSPACE_JOB_TTL_SECONDS: String(times.jobSeconds),
    VWORKSPACE_CREDENTIAL_GRACE_SECONDS: String(times.graceSeconds),
    VWORKSPACE_SWEEP_SECONDS: "1",
    ...settings,
  });
  try {
    const odoo = await OdooSession.login(url, LOGIN, key);
    await allowEverything(odoo);
    return new GatewayTarget(url, times, process, odoo);
  } catch (error) {
    await process.stop();
    throw error;
  }
}

async function allowEverything(odoo: OdooSession): Promise<void> {
  await odoo.create("vworkspace.catalog.entry", {
    code: CATALOG,
    name: "Suite",
    chart_source_type: "helm",
    chart_url: CHARTS,
    chart_name: "app",
    allowed_versions: [VERSION],
    recommended_version: VERSION,
  });
  await odoo.create("vworkspace.policy", {
    name: "suite",
    allowed_namespaces: ["*"],
    allowed_catalog_codes: ["*"],
    allowed_chart_url_prefixes: [CHARTS],
  });
}

export class GatewayTarget implements ConformanceTarget {
  readonly name = "gateway";
  private readonly clusters = new Map<string, number>();
  /** Instances by cluster, namespace and name. */
  private readonly instances = new Map<string, number>();
  private count = 0;

  constructor(
    readonly url: string,
    readonly times: TargetTimes,
    readonly process: GatewayProcess,
    private readonly odoo: OdooSession,
  ) {}

  async newCluster() {
    this.count += 1;
    const clusterId = `cluster-${this.count}`;
    const values = { code: clusterId, name: `Cluster ${this.count}` };
    const id = await this.odoo.create("vworkspace.cluster", values);
    this.clusters.set(clusterId, id);
    const registrationToken = await this.reissueRegistration(clusterId);
    return { clusterId, registrationToken };
  }

  async reissueRegistration(clusterId: string): Promise<string> {
    const answer = await this.onCluster(
      clusterId,
      "action_issue_registration_token",
    );
    return z.looseObject({ token: z.string() }).parse(answer).token;
  }

  /** Nothing but the database's clock ends a token, so its row is changed. */
  async expireRegistrations(clusterId: string): Promise<void> {
    const connectionString = await this.process.databaseUrl();
    const database = new Client({ connectionString });
    await database.connect();
    try {
      await database.query(
        `update registration_tokens t set expires_at = now() - interval '1 second'
         from clusters c where c.id = t.cluster_id and c.code = $1`,
        [clusterId],
      );
    } finally {
      await database.end();
    }
  }

  async issueApply(clusterId: string, object: SuiteObject): Promise<Issued> {
    this.count += 1;
    const values_json = JSON.stringify({ edit: this.count });
    const place = placeOf(clusterId, object);
    const known = this.instances.get(place);
    if (known !== undefined) {
      await this.odoo.execute(INSTANCE, "write", [[known], { values_json }]);
      return await this.issued(clusterId, object, known);
    }
    const made = await this.createInstance(clusterId, object, values_json);
    this.instances.set(place, made);
    return await this.issued(clusterId, object, made);
  }

  async issueDelete(clusterId: string, object: SuiteObject): Promise<Issued> {
    const place = placeOf(clusterId, object);
    const id = this.instances.get(place);
    if (id === undefined) throw new Error(`There is no instance at ${place}.`);
    this.instances.delete(place);
    await this.odoo.execute(INSTANCE, "action_delete", [[id]]);
    return await this.issued(clusterId, object, id);
  }

  async issueRotate(clusterId: string): Promise<{ jobId: string }> {
    await this.onCluster(clusterId, "action_rotate_credentials");
    const domain = [
      ["cluster_id.code", "=", clusterId],
      ["kind", "=", "intent"],
    ];
    const job = await this.findJob(domain);
    if (job === undefined) throw new Error("There is no intent job.");
    return { jobId: job.code };
  }

  async jobFacts(_clusterId: string, jobId: string): Promise<JobFacts> {
    const job = await this.findJob([["code", "=", jobId]]);
    if (job === undefined) throw new Error(`There is no job ${jobId}.`);
    return {
      ...(job.outcome === false ? {} : { outcome: job.outcome }),
      ...(job.error === false ? {} : { error: job.error }),
    };
  }

  async revoke(clusterId: string): Promise<void> {
    await this.onCluster(clusterId, "action_revoke");
  }

  async requireEncryption(clusterId: string): Promise<void> {
    const ids = [this.clusterNumber(clusterId)];
    const values = { require_encrypted_payloads: true };
    await this.odoo.execute("vworkspace.cluster", "write", [ids, values]);
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  /** One call that makes an instance and so a job; nothing is looked up. */
  async deploy(clusterId: string, name: string): Promise<void> {
    const values = JSON.stringify({ edit: 0 });
    await this.createInstance(clusterId, { namespace: "bench", name }, values);
  }

  private createInstance(
    clusterId: string,
    { namespace, name }: SuiteObject,
    values_json: string,
  ): Promise<number> {
    return this.odoo.create(INSTANCE, {
      name,
      namespace,
      cluster_id: this.clusterNumber(clusterId),
      catalog_code: CATALOG,
      chart_version: VERSION,
      values_json,
    });
  }

  /** The instance's newest generation, and its job if it was made already. */
  private async issued(
    clusterId: string,
    { namespace, name }: SuiteObject,
    id: number,
  ): Promise<Issued> {
    const instance = await this.odoo.findOne(
      INSTANCE,
      [["id", "=", id]],
      z.looseObject({ generation: z.number() }),
      ["generation"],
    );
    if (instance === undefined) throw new Error(`Instance ${id} is gone.`);
    const { generation } = instance;
    const idempotencyKey = `applicationinstance/${namespace}/${name}@${generation}`;
    const job = await this.findJob([
      ["cluster_id.code", "=", clusterId],
      ["idempotency_key", "=", idempotencyKey],
    ]);
    return { generation, ...(job === undefined ? {} : { jobId: job.code }) };
  }

  private findJob(domain: readonly unknown[]) {
    const fields = ["code", "outcome", "error"];
    return this.odoo.findOne(
      "vworkspace.job",
      domain,
      jobSchema.loose(),
      fields,
    );
  }

  private onCluster(clusterId: string, method: string): Promise<unknown> {
    const ids = [this.clusterNumber(clusterId)];
    return this.odoo.execute("vworkspace.cluster", method, [ids]);
  }

  private clusterNumber(clusterId: string): number {
    const id = this.clusters.get(clusterId);
    if (id === undefined) throw new Error(`There is no cluster ${clusterId}.`);
    return id;
  }
}

function placeOf(clusterId: string, { namespace, name }: SuiteObject): string {
  return `${clusterId}/${namespace}/${name}`;
}
