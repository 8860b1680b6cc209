import {
  ABSENT_MEANS,
  FINALIZERS,
  RELEASE_SERVICE_ACCOUNT,
  LABELS,
} from "@vworkspace/resources";
import { isSourceGone } from "./chart-failure.decide";
import type { Decision, Said } from "./decision";
import { decideDeletion } from "./deletion.decide";
import { currentCondition } from "./flux";
import { windowState } from "./maintenance-window.decide";
import type { Observation } from "./observation";
import { driftOfDerived, pendingWrites, writing } from "./pending-write.decide";
import { isInstalled } from "./readiness.decide";

export type { Action, Decision } from "./decision";

type Check = (seen: Observation) => Decision | undefined;

const RECHECK_MS = 15_000;
/** A net below the watches, which RBAC may deny; Flux itself looks as rarely. */
const VALUES_RECHECK_MS = 600_000;
/** No timer is set for longer. */
const LONGEST_RECHECK_MS = 24 * 3_600_000;

/** First hit wins. */
const LIVE_CHECKS: readonly Check[] = [
  placeholder,
  wrongSpec,
  withoutFinalizer,
  fluxMissing,
  releaseDeletedByOthers,
  suspendedByHand,
  nameTaken,
  sourceTaken,
  unusableServiceAccount,
  valuesMissing,
  sourceDeletedByOthers,
  outsideWindow,
  somethingToWrite,
  sourceLeftBehind,
  sourceGone,
];

/** What to do about an instance, and what to say about it: a function of what was seen alone. */
export function decideInstance(seen: Observation): Decision {
  if (seen.instance.metadata.deletionTimestamp !== undefined)
    return decideDeletion(seen);
  const decision = LIVE_CHECKS.reduce<Decision | undefined>(
    (hit, check) => hit ?? check(seen),
    undefined,
  );
  return withWatchfulness(seen, decision ?? {});
}

function placeholder({ instance }: Observation): Decision | undefined {
  return instance.spec.mode === "placeholder" ? {} : undefined;
}

/** A CRD can't see everything, and its policies may be absent: what job intake refuses is refused here as well. */
function wrongSpec({ problems }: Observation): Decision | undefined {
  const [first] = problems;
  if (first === undefined) return undefined;
  return {
    unready: { reason: "HelmReleaseFailed", message: first.message },
  };
}

/** Before anything is created, so that nothing we made is ever left behind. */
function withoutFinalizer({ instance }: Observation): Decision | undefined {
  const { finalizers = [] } = instance.metadata;
  return finalizers.includes(FINALIZERS.applicationInstance)
    ? undefined
    : { action: { do: "add-finalizer" } };
}

function fluxMissing({ missingKinds }: Observation): Decision | undefined {
  if (missingKinds.length === 0) return undefined;
  return blocked(
    "MissingDependencies",
    `the cluster does not serve ${missingKinds.join(", ")}: install Flux; it is picked up by itself`,
  );
}

/** What is written onto an object that is being deleted is lost with it: wait for its end, then create it anew. */
function releaseDeletedByOthers({
  release,
}: Observation): Decision | undefined {
  if (release?.metadata.deletionTimestamp === undefined) return undefined;
  const message = `HelmRelease ${release.metadata.name} was deleted by somebody: it is created anew when it is gone`;
  return { unready: { reason: "Installing", message } };
}

/**
 * Holds everything back, whatever else there is to say: only `suspend` itself is still written. Said once Flux has been told,
 * or where there is nothing of Flux's yet.
 */
function suspendedByHand(seen: Observation): Decision | undefined {
  const { instance, release, desired } = seen;
  if (instance.spec.suspend !== true) return undefined;
  if (release === undefined || release.spec?.suspend === true) {
    const message = "spec.suspend holds changes back";
    return { suspended: { reason: "ManuallySuspended", message } };
  }
  const write = pendingWrites(seen).find(
    ({ object }) => object === desired?.release,
  );
  return write && writing(seen, write);
}

function nameTaken({
  nameHolder,
  instance,
}: Observation): Decision | undefined {
  if (nameHolder === undefined) return undefined;
  const name = instance.spec.release?.name ?? "";
  return blocked(
    "ReleaseNameTaken",
    `the release name ${name} is held by ${nameHolder}`,
  );
}

function sourceTaken({ sourceHolder }: Observation): Decision | undefined {
  if (sourceHolder === undefined) return undefined;
  return blocked(
    "ReleaseNameTaken",
    `${sourceHolder} is not ours and has the name that the chart source would have: remove it, or use another name for the instance`,
  );
}

/** A job may name any account: without the label a control plane could act with the rights of a mighty one. */
function unusableServiceAccount(seen: Observation): Decision | undefined {
  const { releaseAccount, instance } = seen;
  if (releaseAccount === undefined) return undefined;
  const { name, problem } = releaseAccount;
  const account = `service account ${name} of namespace ${instance.metadata.namespace}`;
  if (problem === "not-allowed")
    return blocked(
      "MissingDependencies",
      `${account} is not released for installations: have a person of the cluster label it ${LABELS.releaseServiceAccount}=true, or correct spec.serviceAccountName`,
    );
  const remedy =
    name === RELEASE_SERVICE_ACCOUNT
      ? "opt the namespace in again, or create it with a RoleBinding to the ClusterRole admin"
      : `create it with the label ${LABELS.releaseServiceAccount}=true, or correct spec.serviceAccountName`;
  return blocked("MissingDependencies", `${account} is missing: ${remedy}`);
}

function valuesMissing({ missingValues }: Observation): Decision | undefined {
  if (missingValues === undefined) return undefined;
  const message = `spec.values names ${missingValues.what}, which is missing: create it`;
  return missingValues.kind === "Secret"
    ? {
        unready: { reason: "WaitingForSecret", message },
        recheckAfterMs: RECHECK_MS,
      }
    : blocked("MissingDependencies", message);
}

/** As with the release: what is written onto it now is lost. */
function sourceDeletedByOthers({ source }: Observation): Decision | undefined {
  if (source?.metadata.deletionTimestamp === undefined) return undefined;
  return blocked(
    "MissingChartSource",
    `${source.kind} ${source.metadata.name} was deleted by somebody: it is created anew when it is gone`,
  );
}

/** A changed wish waits; the first installation doesn't, nor does what somebody else changed or deleted. */
function outsideWindow(seen: Observation): Decision | undefined {
  const { instance, release, now } = seen;
  const windows = instance.spec.policy?.maintenanceWindows ?? [];
  const isWaiting = isInstalled(release) && isChange(seen);
  if (windows.length === 0 || !isWaiting) return undefined;
  const state = windowState(windows, now);
  if (state.isOpen) return undefined;
  const { opensAt } = state;
  const next =
    opensAt === undefined
      ? "none of which ever opens"
      : `which opens at ${new Date(opensAt).toISOString()}`;
  return {
    suspended: {
      reason: "MaintenanceWindow",
      message: `a change waits for the next maintenance window, ${next}`,
    },
    ...(opensAt !== undefined && {
      recheckAfterMs: Math.min(opensAt - now, LONGEST_RECHECK_MS),
    }),
  };
}

/** Of a source that is gone nothing tells what it held; then what was last applied has to. */
function isChange(seen: Observation): boolean {
  const { source, instance } = seen;
  return pendingWrites(seen).some(({ object, isDrift }) => {
    if (isDrift) return false;
    const isGone = object === seen.desired?.source && source === undefined;
    return !isGone || !isLastApplied(instance);
  });
}

function isLastApplied({ spec, status }: Observation["instance"]): boolean {
  const { chart } = spec;
  const applied = status?.lastAppliedChart;
  const plain = (version = "") => version.split("+")[0];
  return (
    applied?.url === chart?.url &&
    applied?.sourceType === chart?.sourceType &&
    plain(applied?.version) === plain(chart?.version)
  );
}

function somethingToWrite(seen: Observation): Decision | undefined {
  const [first] = pendingWrites(seen);
  return first && writing(seen, first);
}

function sourceLeftBehind(seen: Observation): Decision | undefined {
  const stale = seen.staleSources.find(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  return stale && { action: { do: "delete", object: stale } };
}

/** What runs keeps running; Ready and Degraded tell of it. */
function sourceGone({ source, instance }: Observation): Decision | undefined {
  const ready = source && currentCondition(source, "Ready");
  if (ready?.status !== "False" || !isSourceGone(ready.message))
    return undefined;
  return blocked(
    "MissingChartSource",
    `spec.chart.url ${instance.spec.chart?.url ?? ""} leads to nothing: ${ready.message}`,
  );
}

/** What is found wrong besides, and when to look again, whatever is done next. */
function withWatchfulness(seen: Observation, decision: Decision): Decision {
  const degraded = driftOfDerived(seen) ?? driftOfObjects(seen) ?? silent(seen);
  const rechecks = [
    decision.recheckAfterMs ?? [],
    probePeriodMs(seen) ?? [],
    hasValuesElsewhere(seen) ? VALUES_RECHECK_MS : [],
  ].flat();
  return {
    ...decision,
    ...(degraded && { degraded }),
    ...(rechecks.length > 0 && { recheckAfterMs: Math.min(...rechecks) }),
  };
}

function driftOfObjects({ drifted, instance }: Observation): Said | undefined {
  const isLooking = instance.spec.drift?.mode !== "disabled";
  return drifted && isLooking
    ? { reason: "Drifted", message: drifted.message }
    : undefined;
}

function silent({ unreachable }: Observation): Said | undefined {
  return (
    unreachable && {
      reason: "EndpointUnreachable",
      message: `${unreachable.url}: ${unreachable.message}`,
    }
  );
}

/** Nothing watched tells of an endpoint. */
function probePeriodMs({ instance, release }: Observation): number | undefined {
  const { probes = [] } = instance.spec;
  if (probes.length === 0 || !isInstalled(release)) return undefined;
  const seconds = probes.map(
    ({ periodSeconds = ABSENT_MEANS.probePeriodSeconds }) => periodSeconds,
  );
  return Math.min(...seconds) * 1000;
}

function hasValuesElsewhere({ instance }: Observation): boolean {
  const { configMapRef, secretRef } = instance.spec.values ?? {};
  return configMapRef !== undefined || secretRef !== undefined;
}

function blocked(reason: string, message: string): Decision {
  return { blocked: { reason, message }, recheckAfterMs: RECHECK_MS };
}
