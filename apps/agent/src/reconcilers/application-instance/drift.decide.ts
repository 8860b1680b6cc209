import { LIMITS } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { currentCondition, type HelmRelease } from "./flux";
import type { Observation } from "./observation";

/** helm-controller compares at every interval (10 min) and tells again while a drift lasts; a missed one is forgiven. */
const LASTS_MS = 25 * 60_000;

/** A core/v1 Event as client-go's recorder writes it: one that is repeated is counted up and gets a new lastTimestamp. */
interface FluxEvent extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly uid?: string };
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly series?: { readonly lastObservedTime?: string } | null;
}

export interface Drift {
  readonly drifted: NonNullable<Observation["drifted"]>;
  /** Unless helm-controller tells of it again before. */
  readonly overAtMs: number;
}

/**
 * What helm-controller found in the cluster otherwise than the release installed it. It is said nowhere but in Events (reason
 * DriftDetected), so it counts as over
 * - in drift mode disabled, where nothing is compared;
 * - when a revision was deployed after it;
 * - in drift mode enabled, when the release became Ready after it: the correction sets Ready anew;
 * - when it was not told again for longer than two intervals.
 */
export function currentDrift(
  release: HelmRelease,
  events: Iterable<KubeObject>,
  now: number,
): Drift | undefined {
  const mode = modeOf(release);
  if (mode === "disabled") return undefined;
  const newest = newestDrift(release, events);
  if (newest === undefined) return undefined;
  const toldAt = timeOf(newest);
  const overAtMs = toldAt + LASTS_MS;
  const isCorrected = mode === "enabled" && readySince(release) >= toldAt;
  if (isCorrected || now >= overAtMs || deployedAt(release) > toldAt)
    return undefined;
  return { drifted: { message: objectsIn(newest.message ?? "") }, overAtMs };
}

function modeOf({ spec }: HelmRelease): string {
  return spec?.driftDetection?.mode ?? "disabled";
}

function newestDrift(
  { metadata }: HelmRelease,
  events: Iterable<FluxEvent>,
): FluxEvent | undefined {
  let newest: FluxEvent | undefined;
  for (const event of events) {
    const isAbout =
      event.reason === "DriftDetected" &&
      event.involvedObject?.uid === metadata.uid;
    if (isAbout && (!newest || timeOf(event) > timeOf(newest))) newest = event;
  }
  return newest;
}

function timeOf(event: FluxEvent): number {
  const { series, lastTimestamp, eventTime, firstTimestamp } = event;
  return millis(
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp,
  );
}

function deployedAt(release: HelmRelease): number {
  return millis(release.status?.history?.[0]?.lastDeployed);
}

function readySince(release: HelmRelease): number {
  const ready = currentCondition(release, "Ready");
  return ready?.status === "True" ? millis(ready.lastTransitionTime) : 0;
}

function millis(time: string | null | undefined): number {
  return Date.parse(time ?? "") || 0;
}

/** The first line says which release it is; each further one names an object and how many of its fields differ. */
function objectsIn(message: string): string {
  const [first = "", ...objects] = message
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const text = objects.length > 0 ? objects.join("; ") : first;
  return text.slice(0, LIMITS.messageCharacters);
}
