import type { ApplicationInstance } from "@vworkspace/resources";
import type { NewCondition } from "../conditions.status";
import type { Decision, Said } from "./decision";
import type { Observation } from "./observation";
import { pendingWrites } from "./pending-write.decide";
import {
  BEING_WRITTEN,
  type DerivedState,
  type Readiness,
  readinessOf,
} from "./readiness.decide";
import { writtenState } from "./written-state.decide";

/** Reasons of Degraded that don't come from the derived objects, and so are over without a look at them. */
const OWN_DEGRADATIONS = [
  "Drifted",
  "EndpointUnreachable",
  "ExternalSecretFailing",
];

/** What the conditions of an instance say now; nobody else says Ready. What isn't spoken of stays as it is. */
export function instanceConditions(
  seen: Observation,
  decision: Decision,
): readonly NewCondition[] {
  if (seen.instance.metadata.deletionTimestamp !== undefined)
    return deletionConditions(decision);
  return [
    ...healthConditions(seen, decision),
    transient("Suspended", decision.suspended, "Active"),
    transient("Blocked", decision.blocked, "Unblocked"),
  ];
}

function deletionConditions({
  deleting,
  blocked,
}: Decision): readonly NewCondition[] {
  if (blocked !== undefined)
    return [{ type: "Blocked", status: "True", ...blocked }];
  if (deleting === undefined) return [];
  return [
    { type: "Deleting", status: "True", ...deleting },
    {
      type: "Ready",
      status: "Unknown",
      reason: "Reconciling",
      message: "the instance is being deleted",
    },
    // Whatever was being installed no longer is.
    transient("Reconciling", undefined, "Stable"),
  ];
}

/** Ready, Reconciling and Degraded. */
function healthConditions(
  seen: Observation,
  decision: Decision,
): readonly NewCondition[] {
  const { unready, suspended, blocked } = decision;
  if (unready !== undefined)
    return still(seen, decision, { status: "False", ...unready });
  if (suspended?.reason === "MaintenanceWindow")
    return waitingForWindow(seen, decision);
  if (suspended !== undefined)
    return still(seen, decision, lastReady(seen.instance));
  if (blocked !== undefined && seen.release === undefined)
    return still(seen, decision, unknown(blocked.message));
  return judged(readinessOf(derivedState(seen, decision)), decision);
}

/** What somebody changed of what we wrote counts as written: Ready goes on to tell what Flux makes of it. */
function derivedState(seen: Observation, { blocked }: Decision): DerivedState {
  const { instance, source, release } = seen;
  const isUnwritten = pendingWrites(seen).some(({ isDrift }) => !isDrift);
  return {
    instance,
    source,
    release,
    ...(isUnwritten && { unwritten: blocked?.message ?? BEING_WRITTEN }),
  };
}

function judged(
  { ready: own, reconciling, degraded }: Readiness,
  decision: Decision,
): readonly NewCondition[] {
  const { awaited } = decision;
  const ready: ReadyText =
    own.status === "True" && awaited !== undefined
      ? { status: "False", ...awaited }
      : own;
  return [
    { type: "Ready", ...ready },
    transient(
      "Reconciling",
      reconciling === undefined
        ? undefined
        : { reason: reconciling, message: ready.message },
      "Stable",
      true,
    ),
    transient(
      "Degraded",
      degraded
        ? { reason: degraded, message: ready.message }
        : decision.degraded,
      "Recovered",
    ),
  ];
}

type ReadyText = Omit<NewCondition, "type" | "onlyAfterTrue">;

/** Where nothing moves, and the derived objects are not what decides. */
function still(
  { instance }: Observation,
  { degraded }: Decision,
  ready: ReadyText,
): readonly NewCondition[] {
  const known = conditionOf(instance, "Degraded");
  const isOver = OWN_DEGRADATIONS.includes(known?.reason ?? "");
  return [
    { type: "Ready", ...ready },
    transient("Reconciling", undefined, "Stable", true),
    ...(degraded !== undefined || isOver
      ? [transient("Degraded", degraded, "Recovered")]
      : []),
  ];
}

/**
 * What was written last goes on to be judged. Ready speaks of a generation before the one that waits, so that nobody who
 * waits for Ready of the newest takes it for that.
 */
function waitingForWindow(
  seen: Observation,
  decision: Decision,
): readonly NewCondition[] {
  const { instance } = seen;
  const known = conditionOf(instance, "Ready");
  const before = (instance.metadata.generation ?? 1) - 1;
  const observedGeneration = Math.min(
    known?.observedGeneration ?? before,
    before,
  );
  const state = writtenState(seen);
  const conditions =
    state === undefined
      ? still(seen, decision, lastReady(instance))
      : judged(readinessOf(state), decision);
  return conditions.map((condition) =>
    condition.type === "Ready"
      ? { ...condition, observedGeneration }
      : condition,
  );
}

/** While suspended, Flux looks at nothing: what was known last stays said, of the generation that it was said of. */
function lastReady(instance: ApplicationInstance): ReadyText {
  const known = conditionOf(instance, "Ready");
  if (known === undefined)
    return unknown("suspended before its first installation");
  const { status, reason, message, observedGeneration } = known;
  return {
    status,
    reason,
    message,
    ...(observedGeneration !== undefined && { observedGeneration }),
  };
}

function unknown(message: string): ReadyText {
  return { status: "Unknown", reason: "Reconciling", message };
}

function conditionOf({ status }: ApplicationInstance, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** A condition that is True while there is something to say, and else is no longer so. */
function transient(
  type: string,
  said: Said | undefined,
  over: string,
  isAlwaysSaid = false,
): NewCondition {
  return {
    type,
    ...(isAlwaysSaid ? {} : { onlyAfterTrue: true }),
    ...(said === undefined
      ? { status: "False", reason: over, message: "" }
      : { status: "True", ...said }),
  };
}
