import {
  fieldsAt,
  isFields,
  listAt,
  stringAt,
  valueAt,
  type Fields,
} from "../../json";
import type { KubeObject } from "../../kube-object";
import { sha256 } from "./artifacts";

/** What a HelmRelease comes to when its chart and values are at hand. */
export interface HelmPlan {
  readonly releaseName: string;
  /** Where the objects go. */
  readonly namespace: string;
  /** Where Helm keeps its release Secrets. */
  readonly storageNamespace: string;
  readonly chartName: string;
  readonly chartVersion: string;
  /** Of an OCI artifact. */
  readonly revisionDigest: string | undefined;
  readonly values: Fields;
  readonly configDigest: string;
  readonly action: "install" | "upgrade";
}

export function planRelease(
  release: KubeObject,
  source: KubeObject,
  values: Fields,
): HelmPlan {
  const { namespace = "", name } = release.metadata;
  const target = stringAt(release, "spec", "targetNamespace");
  const composed = target ? `${target}-${name}` : name;
  return {
    releaseName: stringAt(release, "spec", "releaseName") || composed,
    namespace: target || namespace,
    storageNamespace:
      stringAt(release, "spec", "storageNamespace") || namespace,
    ...chartOf(source),
    values,
    configDigest: digestOfValues(values),
    action: isInstalled(release) ? "upgrade" : "install",
  };
}

export function digestOfValues(values: Fields): string {
  return sha256(JSON.stringify(values));
}

/** helm-controller puts an OCI artifact's digest into the version's build metadata: `1.1.0+e811c8ecfcb6`. */
function chartOf(source: KubeObject) {
  const revision = stringAt(source, "status", "artifact", "revision");
  if (source.kind === "HelmChart")
    return {
      chartName: stringAt(source, "spec", "chart"),
      chartVersion: revision,
      revisionDigest: undefined,
    };
  const [tag = "", digest = ""] = revision.split("@");
  const version = tag.split("_")[0] ?? "";
  const url = stringAt(source, "spec", "url");
  return {
    chartName: url.split("/").at(-1) ?? "",
    chartVersion: `${version}+${digest.slice(7, 19)}`,
    revisionDigest: digest,
  };
}

export function historyOf(release: KubeObject): Fields[] {
  return listAt(release, "status", "history").filter(isFields);
}

export function isInstalled(release: KubeObject): boolean {
  return historyOf(release).some((one) => one["status"] === "deployed");
}

/** Whether the newest release is that of the plan. */
export function isReleased(release: KubeObject, plan: HelmPlan): boolean {
  const [newest] = historyOf(release);
  return (
    newest?.["status"] === "deployed" &&
    newest["chartName"] === plan.chartName &&
    newest["chartVersion"] === plan.chartVersion &&
    newest["configDigest"] === plan.configDigest
  );
}

/** How often an action has failed for the plan; another chart, other values or another spec begin anew. */
export function failuresOf(release: KubeObject, plan: HelmPlan): number {
  const status = fieldsAt(release, "status");
  const isSame =
    status["lastAttemptedGeneration"] === release.metadata.generation &&
    status["lastAttemptedRevision"] === plan.chartVersion &&
    status["lastAttemptedConfigDigest"] === plan.configDigest;
  const failures = status["failures"];
  return isSame && typeof failures === "number" ? failures : 0;
}

/** What is done about a failed attempt: between attempts always, after the last one where retries or the spec say so. */
export function remediationOf(
  release: KubeObject,
  plan: HelmPlan,
  failures: number,
): "rollback" | "uninstall" | undefined {
  const spec = fieldsAt(release, "spec", plan.action, "remediation");
  const retries = retriesOf(release, plan);
  const isDone =
    failures <= retries || (spec["remediateLastFailure"] ?? retries > 0);
  if (isDone !== true) return undefined;
  if (plan.action === "install") return "uninstall";
  return stringAt(spec, "strategy") === "uninstall" ? "uninstall" : "rollback";
}

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** How long an action of Helm's may take. */
export function timeoutMsOf(release: KubeObject): number {
  return durationMs(stringAt(release, "spec", "timeout"), 5 * UNIT_MS.m);
}

/** How often a release is looked at when nothing has changed. */
export function intervalMsOf(release: KubeObject): number {
  return durationMs(stringAt(release, "spec", "interval"), 10 * UNIT_MS.m);
}

/** A duration as Go writes it, `1h30m0s`. */
function durationMs(text: string, otherwise: number): number {
  const parts = [...text.matchAll(/(\d+)([hms])(?!s)/g)];
  const ms = parts.reduce(
    (sum, [, count, unit]) =>
      sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
    0,
  );
  return ms > 0 ? ms : otherwise;
}

/** How often a failed action is tried again. */
export function retriesOf(release: KubeObject, plan: HelmPlan): number {
  const retries = valueAt(
    release,
    "spec",
    plan.action,
    "remediation",
    "retries",
  );
  return typeof retries === "number" ? retries : 0;
}
