import { canonicalJson } from "@vworkspace/contract";
import {
  type ApplicationInstance,
  type ApplicationInstanceStatus,
  type ReleaseRevision,
  type ResourceCondition,
} from "@vworkspace/resources";
import { mergeConditions, type NewCondition } from "../conditions.status";
import type { HelmRelease, HelmSnapshot } from "./flux";
import type { Decision } from "./instance.decide";
import type { Observation } from "./observation";
import { readinessOf } from "./readiness.decide";

/** As many revisions as Helm keeps by default. */
const HISTORY = 10;

/**
 * The status of an instance, and the only place where Ready is written.
 * @param intentGeneration the control plane's generation stamped on it
 * @param now RFC 3339
 * @returns undefined where nothing would change: then nothing is written
 */
export function instanceStatus(
  seen: Observation,
  decision: Decision,
  context: {
    readonly intentGeneration: number | undefined;
    readonly now: string;
  },
): ApplicationInstanceStatus | undefined {
  const { instance, release } = seen;
  const old = instance.status ?? {};
  const conditions = mergeConditions(
    old.conditions ?? [],
    wantedConditions(seen, decision),
    { now: context.now, observedGeneration: instance.metadata.generation ?? 0 },
  );
  const { lastReconcileTime, ...kept } = old;
  const next: ApplicationInstanceStatus = {
    ...kept,
    ...(instance.metadata.generation !== undefined && {
      observedGeneration: instance.metadata.generation,
    }),
    ...(context.intentGeneration !== undefined && {
      intentGeneration: context.intentGeneration,
    }),
    conditions: conditions as readonly ResourceCondition[],
    ...releaseFacts(instance, release),
    ...endpointFacts(seen, old),
  };
  if (lastReconcileTime !== undefined && isSame(next, kept)) return undefined;
  return { ...next, lastReconcileTime: context.now };
}

function wantedConditions(
  seen: Observation,
  decision: Decision,
): readonly NewCondition[] {
  if (decision.deleting !== undefined) return deletionConditions(decision);
  return [
    ...readyConditions(seen, decision),
    {
      type: "Suspended",
      onlyAfterTrue: true,
      ...(isSuspended(seen)
        ? yes("ManuallySuspended", "spec.suspend holds changes back")
        : no("Active")),
    },
    {
      type: "Blocked",
      onlyAfterTrue: true,
      ...(decision.blocked
        ? yes(decision.blocked.reason, decision.blocked.message)
        : no("Unblocked")),
    },
  ];
}

/** Said only when it is so: Flux has been told as well, or there is nothing of Flux's yet. */
function isSuspended({ instance, release }: Observation): boolean {
  return (
    instance.spec.suspend === true &&
    (release === undefined || release.spec?.suspend === true)
  );
}

function deletionConditions({ deleting }: Decision): readonly NewCondition[] {
  const { reason = "", message = "" } = deleting ?? {};
  return [
    { type: "Deleting", ...yes(reason, message) },
    {
      type: "Ready",
      status: "Unknown",
      reason: "Reconciling",
      message: "the instance is being deleted",
    },
  ];
}

function readyConditions(
  seen: Observation,
  decision: Decision,
): readonly NewCondition[] {
  const { instance } = seen;
  if (decision.unready !== undefined)
    return [
      { type: "Ready", status: "False", ...decision.unready },
      { type: "Reconciling", ...no("Stable") },
    ];
  if (instance.spec.suspend) return suspendedReady(instance);
  if (decision.blocked !== undefined && seen.release === undefined)
    return [
      {
        type: "Ready",
        status: "Unknown",
        reason: "Reconciling",
        message: decision.blocked.message,
      },
      { type: "Reconciling", ...no("Stable") },
    ];
  return derivedConditions(seen);
}

function derivedConditions(seen: Observation): readonly NewCondition[] {
  const readiness = readinessOf({
    instance: seen.instance,
    source: seen.source,
    release: seen.release,
    isAsDesired: seen.isSourceAsDesired && seen.isReleaseAsDesired,
  });
  const { ready, reconciling, degraded } = readiness;
  return [
    { type: "Ready", ...ready },
    {
      type: "Reconciling",
      ...(reconciling ? yes(reconciling, ready.message) : no("Stable")),
    },
    {
      type: "Degraded",
      onlyAfterTrue: true,
      ...(degraded ? yes(degraded, ready.message) : no("Recovered")),
    },
  ];
}

/** While suspended, Flux looks at nothing: what was known last stays said. */
function suspendedReady(
  instance: ApplicationInstance,
): readonly NewCondition[] {
  const known = instance.status?.conditions?.find(
    ({ type }) => type === "Ready",
  );
  return [
    known
      ? {
          type: "Ready",
          status: known.status,
          reason: known.reason,
          message: known.message,
        }
      : {
          type: "Ready",
          status: "Unknown",
          reason: "Reconciling",
          message: "suspended before its first installation",
        },
    { type: "Reconciling", ...no("Stable") },
  ];
}

/** What is deployed, as Flux tells it; kept where it tells nothing. */
function releaseFacts(
  instance: ApplicationInstance,
  release: HelmRelease | undefined,
): Partial<ApplicationInstanceStatus> {
  if (release === undefined) return {};
  const { name, namespace = "" } = release.metadata;
  const history = (release.status?.history ?? []).slice(0, HISTORY);
  return {
    helmReleaseRef: { name, namespace },
    ...(history.length > 0 && { history: history.map(revisionOf) }),
    ...appliedChart(instance, history[0]),
  };
}

function appliedChart(
  { spec: { chart } }: ApplicationInstance,
  newest: HelmSnapshot | undefined,
): Pick<ApplicationInstanceStatus, "lastAppliedChart"> {
  if (newest?.status !== "deployed" || chart === undefined) return {};
  return {
    lastAppliedChart: {
      sourceType: chart.sourceType,
      url: chart.url,
      name: newest.chartName ?? chart.name,
      version: newest.chartVersion ?? chart.version,
    },
  };
}

function endpointFacts(
  { endpoints }: Observation,
  old: ApplicationInstanceStatus,
): Pick<ApplicationInstanceStatus, "endpoints"> {
  if (endpoints === undefined) return {};
  return endpoints.length > 0 || old.endpoints !== undefined
    ? { endpoints }
    : {};
}

function revisionOf(snapshot: HelmSnapshot): ReleaseRevision {
  const { chartName, appVersion, digest, firstDeployed, lastDeployed } =
    snapshot;
  return {
    revision: snapshot.version ?? 0,
    chartVersion: snapshot.chartVersion ?? "",
    status: snapshot.status ?? "",
    ...(chartName !== undefined && { chartName }),
    ...(appVersion !== undefined && { appVersion }),
    ...(digest !== undefined && { digest }),
    ...(firstDeployed !== undefined && { firstDeployed }),
    ...(lastDeployed !== undefined && { lastDeployed }),
  };
}

function isSame(
  one: ApplicationInstanceStatus,
  other: ApplicationInstanceStatus,
): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function yes(reason: string, message: string) {
  return { status: "True" as const, reason, message };
}

function no(reason: string) {
  return { status: "False" as const, reason, message: "" };
}
