import {
  ABSENT_MEANS,
  ANNOTATIONS,
  FINALIZERS,
  RELEASE_SERVICE_ACCOUNT,
  LABELS,
} from "@vworkspace/resources";
import { isSourceGone } from "./chart-failure.decide";
import {
  blocked,
  BLOCKED_RECHECK_MS,
  type Decision,
  type Said,
} from "./decision";
import { decideDeletion } from "./deletion.decide";
import { currentCondition } from "./flux";
import {
  addOnMissing,
  certificateAwaited,
  integrationGoing,
  integrationLeftBehind,
  integrationNameTaken,
  secretAwaited,
  secretOutdated,
  secretToOrder,
} from "./integrations/integrations.decide";
import type { Observation } from "./observation";
import { outsideWindow } from "./outside-window.decide";
import { driftOfDerived, pendingWrites, writing } from "./pending-write.decide";
import { isInstalled } from "./readiness.decide";

export type { Action, Decision } from "./decision";

type Check = (seen: Observation) => Decision | undefined;

/** A net below the watches, which RBAC may deny; Flux itself looks as rarely. */
const VALUES_RECHECK_MS = 600_000;
/** First hit wins. */
const LIVE_CHECKS: readonly Check[] = [
  notOptedIn,
  placeholder,
  wrongSpec,
  mayNotLook,
  withoutFinalizer,
  fluxMissing,
  releaseDeletedByOthers,
  suspendedByHand,
  heldByOperation,
  nameTaken,
  sourceTaken,
  unusableServiceAccount,
  addOnMissing,
  integrationNameTaken,
  integrationGoing,
  secretToOrder,
  secretAwaited,
  valuesMissing,
  sourceDeletedByOthers,
  outsideWindow,
  somethingToWrite,
  sourceLeftBehind,
  integrationLeftBehind,
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

/** The label's arrival is told by a watch. */
function notOptedIn({ optInMissing }: Observation): Decision | undefined {
  if (optInMissing === undefined) return undefined;
  return {
    blocked: {
      reason: "MissingDependencies",
      message: `${optInMissing}: nothing is done here, and what runs goes on running`,
    },
  };
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

/** Before the finalizer, which would hold up what nobody looks after. */
function mayNotLook({ forbidden }: Observation): Decision | undefined {
  return forbidden === undefined
    ? undefined
    : blocked("MissingDependencies", forbidden);
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
  const message = `HelmRelease ${release.metadata.name} was deleted by somebody: it is created anew once helm-controller has let go of it`;
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
    const message = "spec.suspend holds changes back: set it to false to go on";
    return { suspended: { reason: "ManuallySuspended", message } };
  }
  const write = pendingWrites(seen).find(
    ({ object }) => object === desired?.release,
  );
  return write && writing(seen, write);
}

/** What the operation stopped would start again with the next write; its engine lets go when it is done. */
function heldByOperation({ release }: Observation): Decision | undefined {
  const holder = release?.metadata.annotations?.[ANNOTATIONS.heldBy];
  if (holder === undefined) return undefined;
  return {
    suspended: {
      reason: "HeldByOperation",
      message: `the operation with the uid ${holder} holds changes back while it works; if there is none, take the annotation ${ANNOTATIONS.heldBy} off the HelmRelease`,
    },
  };
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
    `${sourceHolder} is not ours and has the name that the chart source would have: remove it, use another name for the instance, or set the annotation ${ANNOTATIONS.adopt} to "true" to take it over`,
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
        recheckAfterMs: BLOCKED_RECHECK_MS,
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
    `spec.chart.url ${instance.spec.chart?.url ?? ""} leads to nothing: correct it, or put the chart there (${ready.message})`,
  );
}

/** What is found wrong besides, and when to look again, whatever is done next. */
function withWatchfulness(seen: Observation, decision: Decision): Decision {
  const degraded =
    driftOfDerived(seen) ??
    driftOfObjects(seen) ??
    silent(seen) ??
    secretOutdated(seen);
  const awaited = certificateAwaited(seen);
  const rechecks = rechecksMs(seen, decision);
  return {
    ...decision,
    ...(degraded && { degraded }),
    ...(awaited && { awaited }),
    ...(rechecks.length > 0 && { recheckAfterMs: Math.min(...rechecks) }),
  };
}

function rechecksMs(
  seen: Observation,
  { recheckAfterMs }: Decision,
): readonly number[] {
  const { secret, certificate } = seen.integrations;
  return [
    recheckAfterMs ?? [],
    probePeriodMs(seen) ?? [],
    hasValuesElsewhere(seen) ? VALUES_RECHECK_MS : [],
    // Nothing watched tells of an issuer or a store.
    secret || certificate ? BLOCKED_RECHECK_MS : [],
  ].flat();
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
