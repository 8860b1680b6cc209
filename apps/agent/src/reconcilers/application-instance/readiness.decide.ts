import type {
  ApplicationInstance,
  ChartReference,
} from "@vworkspace/resources";
import { chartFailureText } from "./chart-failure.decide";
import { ociTag } from "./desired";
import {
  currentCondition,
  type FluxSource,
  type HelmRelease,
  type HelmSnapshot,
} from "./flux";

/** What the derived objects say about an instance. */
export interface DerivedState {
  readonly instance: ApplicationInstance;
  readonly source: FluxSource | undefined;
  readonly release: HelmRelease | undefined;
  /** Why what the instance wants now is not written into both objects; undefined: it is. */
  readonly unwritten?: string;
}

export interface Readiness {
  readonly ready: {
    readonly status: "True" | "False" | "Unknown";
    readonly reason: string;
    readonly message: string;
  };
  /** Reason of Reconciling/True; undefined: nothing moves (Stable). */
  readonly reconciling?: string;
  /** Reason of Degraded/True. */
  readonly degraded?: string;
}

/** Said of objects that are written next. */
export const BEING_WRITTEN = "the Flux objects are being written";

const IF_IT_LASTS = "if that lasts, see whether it runs";
const NOT_FETCHED = `source-controller fetches the chart; ${IF_IT_LASTS}`;
const NOT_LOOKED = `helm-controller has not looked at it yet; ${IF_IT_LASTS}`;

type Check = (
  state: DerivedState,
  chart: ChartReference,
) => Readiness | undefined;

/** First hit wins. */
const CHECKS: readonly Check[] = [
  sourceFails,
  chartNotFound,
  releaseFailed,
  sourceSyncing,
  notWrittenYet,
  releaseMoving,
  otherChartDeployed,
];

/**
 * Whether the current generation of an instance is ready: source and HelmRelease have observed their newest generation, the
 * artifact is of the wanted version, and that very chart is what is deployed. HelmRelease's own Ready is not enough: with a
 * new OCI tag it stays True on the old chart.
 */
export function readinessOf(state: DerivedState): Readiness {
  const { chart } = state.instance.spec;
  if (chart === undefined)
    return {
      ready: { status: "True", reason: "Placeholder", message: "" },
    };
  for (const check of CHECKS) {
    const hit = check(state, chart);
    if (hit !== undefined) return hit;
  }
  return {
    ready: {
      status: "True",
      reason: "HelmReleaseReady",
      message: `${chart.name} ${chart.version} is deployed`,
    },
  };
}

/** Whether some revision of the release has ever been deployed: then it is an upgrade, and a failure degrades. */
export function isInstalled(release: HelmRelease | undefined): boolean {
  const history = release?.status?.history ?? [];
  return history.some(({ status }) =>
    ["deployed", "superseded"].includes(status ?? ""),
  );
}

function sourceFails(
  state: DerivedState,
  chart: ChartReference,
): Readiness | undefined {
  const { source, unwritten } = state;
  if (source === undefined || unwritten !== undefined) return undefined;
  const ready = currentCondition(source, "Ready");
  if (ready?.status !== "False") return undefined;
  return unreachable(state, chart, ready.message);
}

/** With a Helm repository it is the HelmRelease that tells of a chart or version that the index doesn't hold. */
function chartNotFound(
  state: DerivedState,
  chart: ChartReference,
): Readiness | undefined {
  const { release, unwritten } = state;
  if (release === undefined || unwritten !== undefined) return undefined;
  const ready = currentCondition(release, "Ready");
  if (ready?.status !== "False") return undefined;
  const isTooEarly = /has not been reconciled/.test(ready.message);
  const isChart = ["SourceNotReady", "ArtifactFailed"].includes(ready.reason);
  if (!isChart || isTooEarly) return undefined;
  return unreachable(state, chart, ready.message);
}

function unreachable(
  { release }: DerivedState,
  chart: ChartReference,
  message: string,
): Readiness {
  return {
    ready: notReady("ChartUnreachable", chartFailureText(chart, message)),
    reconciling: "ChartSourceSyncing",
    ...(isInstalled(release) && { degraded: "ChartUnreachable" }),
  };
}

function releaseFailed(
  state: DerivedState,
  chart: ChartReference,
): Readiness | undefined {
  const { release, unwritten } = state;
  if (release === undefined || unwritten !== undefined) return undefined;
  const ready = currentCondition(release, "Ready");
  const isStalled = currentCondition(release, "Stalled")?.status === "True";
  const isFailed =
    ready?.status === "False" &&
    (isStalled ||
      /(Failed|Error|RollbackSucceeded|UninstallSucceeded)$/.test(
        ready.reason,
      ));
  if (!isFailed) return undefined;
  const message = `${rollback(release, chart)}${ready.reason}: ${ready.message}`;
  return {
    ready: notReady("HelmReleaseFailed", message),
    ...(!isStalled && { reconciling: movement(release) }),
    ...(isInstalled(release) && { degraded: "HelmReleaseDegraded" }),
  };
}

/** What runs now where Flux has taken a failed upgrade back. */
function rollback(release: HelmRelease, chart: ChartReference): string {
  const isRolledBack = ["Ready", "Remediated"].some(
    (type) => currentCondition(release, type)?.reason === "RollbackSucceeded",
  );
  const newest = newestRevision(release);
  if (!isRolledBack || newest?.chartVersion === undefined) return "";
  return `the upgrade to ${chart.version} was rolled back to ${newest.chartVersion} (revision ${newest.version ?? 0}): `;
}

function notWrittenYet(state: DerivedState): Readiness | undefined {
  const { release, unwritten } = state;
  if (release !== undefined && unwritten === undefined) return undefined;
  return moving(release, unwritten ?? BEING_WRITTEN);
}

function sourceSyncing(
  { source, release, unwritten }: DerivedState,
  chart: ChartReference,
): Readiness | undefined {
  const ready = source && currentCondition(source, "Ready");
  if (source && ready?.status === "True" && hasWanted(source, chart))
    return undefined;
  const said = unwritten ?? (ready?.message || NOT_FETCHED);
  return { ...moving(release, said), reconciling: "ChartSourceSyncing" };
}

function releaseMoving(state: DerivedState): Readiness | undefined {
  const { release } = state;
  if (release === undefined) return undefined;
  const { observedGeneration = -1 } = release.status ?? {};
  const ready = currentCondition(release, "Ready");
  const isObserved = observedGeneration >= (release.metadata.generation ?? 0);
  if (isObserved && ready?.status === "True") return undefined;
  return moving(release, ready?.message || NOT_LOOKED);
}

function otherChartDeployed(
  state: DerivedState,
  chart: ChartReference,
): Readiness | undefined {
  const { source, release } = state;
  const newest = newestRevision(release);
  if (isDeployed(newest, chart.version) && isFromArtifact(state, chart))
    return undefined;
  const deployed = newest?.chartVersion ?? "nothing";
  const fetched = artifactOf(source).revision ?? "nothing";
  return moving(
    release,
    `${chart.version} is wanted, ${deployed} is deployed (fetched: ${fetched})`,
  );
}

function newestRevision(
  release: HelmRelease | undefined,
): HelmSnapshot | undefined {
  return release?.status?.history?.[0];
}

function artifactOf(source: FluxSource | undefined) {
  return source?.status?.artifact ?? {};
}

/** Whether a revision is deployed and of this version of the chart. */
export function isDeployed(
  newest: HelmSnapshot | undefined,
  version: string,
): boolean {
  return (
    newest?.status === "deployed" &&
    withoutBuild(newest.chartVersion ?? "") === withoutBuild(version)
  );
}

/** helm-controller writes the artifact's digest into the build metadata: `1.1.0+e811c8ecfcb6`. */
function withoutBuild(version: string): string {
  return version.split("+")[0] ?? "";
}

/** For oci: the digest that was last attempted is that of the artifact. */
function isFromArtifact(state: DerivedState, chart: ChartReference): boolean {
  if (chart.sourceType !== "oci") return true;
  const { revision = "", digest } = artifactOf(state.source);
  const attempted = state.release?.status?.lastAttemptedRevisionDigest;
  const ofRevision = revision.slice(revision.lastIndexOf("@") + 1);
  return (
    attempted !== undefined &&
    (attempted === ofRevision || attempted === digest)
  );
}

/** An OCI artifact's revision is `tag@digest`. A Helm repository's index holds all versions, so it says nothing. */
function hasWanted(source: FluxSource, chart: ChartReference): boolean {
  if (chart.sourceType !== "oci") return true;
  const { revision = "" } = artifactOf(source);
  return revision.startsWith(`${ociTag(chart.version)}@`);
}

function moving(release: HelmRelease | undefined, message: string): Readiness {
  const isUpgrade = isInstalled(release);
  return {
    ready: notReady(isUpgrade ? "Upgrading" : "Installing", message),
    reconciling: movement(release),
  };
}

function movement(release: HelmRelease | undefined): string {
  return isInstalled(release)
    ? "HelmReleaseUpgrading"
    : "HelmReleaseInstalling";
}

function notReady(reason: string, message: string) {
  return { status: "False" as const, reason, message };
}
