import { createHash } from "node:crypto";
import type { KubeObject } from "@vworkspace/kube";

export interface Snapshot {
  readonly chartVersion: string;
  readonly version: number;
  readonly status: string;
  readonly [field: string]: unknown;
}

export interface Release extends KubeObject {
  spec: {
    releaseName: string;
    suspend?: boolean;
    chart?: { spec: { version: string; chart: string } };
    chartRef?: { name: string };
    driftDetection?: { mode?: string };
    upgrade?: { remediation?: { strategy?: string } };
  };
  status?: { history?: Snapshot[]; installFailures?: number };
}

export interface Source extends KubeObject {
  spec: { ref?: { tag?: string }; suspend?: boolean };
  status?: { artifact?: Artifact };
}

export interface Artifact {
  readonly revision: string;
  readonly digest: string;
}

export interface Words {
  readonly reason: string;
  readonly message: string;
}

const LONG_AGO = "2026-01-01T00:00:00Z";

/** The artifact that source-controller fetches for a source as it is wanted now. */
export function artifactOf(source: Source) {
  const tag = source.spec.ref?.tag ?? "index";
  const digest = `sha256:${hash(`${source.metadata.name} ${tag}`)}`;
  return {
    digest,
    revision: source.kind === "OCIRepository" ? `${tag}@${digest}` : digest,
    lastUpdateTime: LONG_AGO,
    path: "a/b",
    url: "http://source-controller/a/b",
  };
}

/** helm-controller adds the beginning of an OCI artifact's digest as build metadata. */
export function chartVersion(release: Release, artifact: Artifact): string {
  const tag = artifact.revision.split("@")[0] ?? "";
  const wanted = release.spec.chart?.spec.version;
  const plain = tag.split("_")[0] ?? "";
  return wanted ?? `${plain}+${artifact.digest.slice(7, 19)}`;
}

/** What helm-controller keeps of revisions after it has deployed this chart version. */
export function deployedHistory(release: Release, version: string): Snapshot[] {
  const [newest, ...older] = release.status?.history ?? [];
  if (newest === undefined || newest.status === "failed")
    return [snapshot(release, version, (newest?.version ?? 0) + 1)];
  if (newest.chartVersion === version)
    return [snapshot(release, version, newest.version), ...older];
  return [
    snapshot(release, version, newest.version + 1),
    { ...newest, status: "superseded" },
  ];
}

/** After an upgrade that failed: the failed revision, and the one that was rolled back to where that was asked for. */
export function failedHistory(
  release: Release,
  version: string,
  isRolledBack: boolean,
): Snapshot[] {
  const [newest] = release.status?.history ?? [];
  if (newest === undefined) return [];
  const failed = { ...snapshot(release, version, newest.version + 1) };
  const previous = { ...newest, status: "superseded" };
  if (!isRolledBack) return [{ ...failed, status: "failed" }, previous];
  const back = snapshot(release, newest.chartVersion, newest.version + 2);
  return [back, { ...failed, status: "failed" }, previous];
}

export function snapshot(
  release: Release,
  version: string,
  revision: number,
): Snapshot {
  const { namespace = "", name } = release.metadata;
  return {
    name: release.spec.releaseName,
    namespace,
    chartName: release.spec.chart?.spec.chart ?? name,
    chartVersion: version,
    version: revision,
    status: "deployed",
    digest: `sha256:${hash(version)}`,
    configDigest: `sha256:${hash("config")}`,
    firstDeployed: LONG_AGO,
    lastDeployed: LONG_AGO,
  };
}

export function inventory({ metadata, spec }: Release) {
  const id = `${metadata.namespace}_${spec.releaseName}_apps_Deployment`;
  return { entries: [{ id, v: "v1" }] };
}

export function condition(
  type: string,
  status: boolean | "Unknown",
  observedGeneration: number,
  { reason, message, at = LONG_AGO }: Words & { readonly at?: string },
) {
  const word = status ? "True" : "False";
  return {
    type,
    status: status === "Unknown" ? status : word,
    reason,
    message,
    observedGeneration,
    lastTransitionTime: at,
  };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
