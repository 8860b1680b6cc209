import { gunzipSync, gzipSync } from "node:zlib";
import { fieldsAt, stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { ClusterAccess } from "../cluster-access";
import { digestOfValues, type HelmPlan } from "./helm-plan";

const SECRET = { apiVersion: "v1", kind: "Secret" };

/** A release as Helm stores it. */
export interface StoredRelease {
  readonly plan: HelmPlan;
  readonly version: number;
  readonly status: "deployed" | "failed";
  readonly manifest: readonly KubeObject[];
  /** RFC 3339. */
  readonly now: string;
}

/** The part of a plan that an earlier revision gives. */
export type DeployedContent = Pick<
  HelmPlan,
  "chartName" | "chartVersion" | "values" | "configDigest"
>;

/** Helm's release Secrets: one per revision, the newest five kept, the one before marked superseded. */
export class HelmStorage {
  constructor(private readonly cluster: ClusterAccess) {}

  /** @returns the newest revision's number, 0 when there is none */
  lastVersion(namespace: string, releaseName: string): number {
    return Math.max(0, ...this.secrets(namespace, releaseName).map(versionOf));
  }

  /** What is deployed, as its record tells it. */
  deployed(
    namespace: string,
    releaseName: string,
  ):
    | { readonly version: number; readonly content: DeployedContent }
    | undefined {
    const secret = this.secrets(namespace, releaseName).find(isDeployed);
    if (!secret) return undefined;
    const content = decode(stringAt(secret, "data", "release"));
    return { version: versionOf(secret), content };
  }

  save(release: StoredRelease): void {
    const { plan, version, status } = release;
    const { releaseName, storageNamespace: namespace } = plan;
    const earlier = this.secrets(namespace, releaseName);
    if (status === "deployed")
      for (const secret of earlier.filter(isDeployed))
        this.relabel(secret, "superseded");
    this.cluster.apply({
      ...SECRET,
      type: "helm.sh/release.v1",
      metadata: {
        name: `sh.helm.release.v1.${releaseName}.v${version}`,
        namespace,
        labels: {
          owner: "helm",
          name: releaseName,
          status,
          version: String(version),
          modifiedAt: String(Math.floor(Date.parse(release.now) / 1_000)),
        },
      },
      data: { release: encode(release) },
    });
    for (const secret of earlier)
      if (versionOf(secret) <= version - 5) this.remove(secret);
  }

  removeAll(namespace: string, releaseName: string): void {
    for (const secret of this.secrets(namespace, releaseName))
      this.remove(secret);
  }

  private secrets(namespace: string, releaseName: string): KubeObject[] {
    return this.cluster.select(
      SECRET,
      ({ metadata: { labels, namespace: own } }) =>
        own === namespace &&
        labels?.["owner"] === "helm" &&
        labels["name"] === releaseName,
    );
  }

  private relabel({ metadata }: KubeObject, status: string): void {
    const { name, namespace } = metadata;
    const patch = { metadata: { labels: { status } } };
    this.cluster.patch({ ...SECRET, name, namespace }, patch);
  }

  private remove({ metadata }: KubeObject): void {
    const { name, namespace } = metadata;
    this.cluster.delete({ ...SECRET, name, namespace });
  }
}

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.labels?.["version"] ?? 0);
}

function isDeployed({ metadata }: KubeObject): boolean {
  return metadata.labels?.["status"] === "deployed";
}

/** JSON, gzipped, in base64, and that once more in base64 because it is a Secret. */
function encode({
  plan,
  version,
  status,
  manifest,
  now,
}: StoredRelease): string {
  const { chartName, chartVersion } = plan;
  const text = JSON.stringify({
    name: plan.releaseName,
    namespace: plan.namespace,
    version,
    info: {
      status,
      first_deployed: now,
      last_deployed: now,
      description:
        status === "deployed" ? "Install complete" : "Release failed",
    },
    chart: {
      metadata: { name: chartName, version: chartVersion, apiVersion: "v2" },
    },
    config: plan.values,
    manifest: manifest
      .map((object) => `---\n${JSON.stringify(object)}\n`)
      .join(""),
  });
  const inner = gzipSync(text).toString("base64");
  return Buffer.from(inner).toString("base64");
}

function decode(encoded: string): DeployedContent {
  const inner = Buffer.from(encoded, "base64").toString();
  const text = gunzipSync(Buffer.from(inner, "base64")).toString();
  const stored: unknown = JSON.parse(text);
  const values = fieldsAt(stored, "config");
  return {
    chartName: stringAt(stored, "chart", "metadata", "name"),
    chartVersion: stringAt(stored, "chart", "metadata", "version"),
    values,
    configDigest: digestOfValues(values),
  };
}

export function nameOf(object: KubeObject): string {
  return `${object.kind} "${object.metadata.name}" in namespace "${stringAt(object, "metadata", "namespace")}"`;
}
