import {
  type ApplicationInstance,
  CAPABILITY_ANNOTATIONS,
  type ResourceCondition,
} from "@vworkspace/resources";
import { conflictingWith, supersededBy } from "./conflict.decide";
import type { OperationDecision, Said } from "./decision";
import type { LastBackup } from "./last-backup.decide";
import type { OperationObservation } from "./observation";
import { decideStarted } from "./running.decide";
import {
  hasEnded,
  hasFinalizer,
  hasStarted,
  isRestoredCopy,
} from "./started.decide";

export type { OperationAction, OperationDecision } from "./decision";

type Check = (seen: OperationObservation) => OperationDecision | undefined;

/** What blocks may pass without a word from anything that is watched. */
const BLOCKED_RECHECK_MS = 15_000;
/** A longer sleep than this overflows a timer; the window is asked for again then. */
const LONGEST_SLEEP_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

/** First hit wins. Before one has begun, in the order of the design: nothing is made until all of them have passed. */
const CHECKS: readonly Check[] = [
  ended,
  restoredCopy,
  deletedBeforeItBegan,
  begun,
  notOptedIn,
  cancelledBeforeItBegan,
  wrongSpec,
  targetMissing,
  capabilityMissing,
  wrongParameters,
  superseded,
  engineMissing,
  notApproved,
  targetNotReady,
  conflicting,
  backupMissing,
  secretMissing,
  outsideWindow,
  withoutFinalizer,
];

/** What to do about an operation, and what to say about it: a function of what was seen alone. */
export function decideOperation(seen: OperationObservation): OperationDecision {
  const decision = CHECKS.reduce<OperationDecision | undefined>(
    (hit, check) => hit ?? check(seen),
    undefined,
  );
  return (
    decision ?? {
      standing: { phase: "Pending" },
      action: { do: "mark-started" },
    }
  );
}

/** What it has said at its end stays; nothing of it is held up any more. */
function ended({
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (!hasEnded(operation)) return undefined;
  return hasFinalizer(operation) ? { action: { do: "remove-finalizer" } } : {};
}

/** A backup keeps annotations and no status: what ran once would run again. */
function restoredCopy({
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (!isRestoredCopy(operation)) return undefined;
  return cancelled({
    reason: "RestoredCopy",
    message:
      "This is the copy of an operation that ran before: it never runs; delete it",
  });
}

/** Nothing was made: nothing is to be taken back. */
function deletedBeforeItBegan({
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (operation.metadata.deletionTimestamp === undefined) return undefined;
  if (hasStarted(operation)) return undefined;
  return hasFinalizer(operation) ? { action: { do: "remove-finalizer" } } : {};
}

function begun(seen: OperationObservation): OperationDecision | undefined {
  return hasStarted(seen.operation) ? decideStarted(seen) : undefined;
}

/** The label's arrival is told by a watch. */
function notOptedIn({
  optInMissing,
}: OperationObservation): OperationDecision | undefined {
  return optInMissing === undefined
    ? undefined
    : blocked("DependencyMissing", `${optInMissing}: nothing is done here`);
}

function cancelledBeforeItBegan({
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (operation.spec.cancel !== true) return undefined;
  return cancelled({
    reason: "UserCancelled",
    message: "It was cancelled before it began",
  });
}

function wrongSpec({
  problems,
}: OperationObservation): OperationDecision | undefined {
  const [first] = problems.filter(
    ({ field }) => !field.startsWith("spec.parameters"),
  );
  return first && refused("ValidationFailed", first.message);
}

/** It may come yet, with a job that arrives after this one. */
function targetMissing({
  target,
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (target !== undefined) return undefined;
  const { namespace = "" } = operation.metadata;
  return refused(
    "TargetNotFound",
    `spec.targetRef.name is "${operation.spec.targetRef.name}": namespace ${namespace} has no such ApplicationInstance`,
  );
}

function capabilityMissing({
  target,
  operation,
}: OperationObservation): OperationDecision | undefined {
  const { type, engine } = operation.spec;
  const [annotation, ...older] = CAPABILITY_ANNOTATIONS[type];
  const annotations = target?.metadata.annotations ?? {};
  const engines = [annotation, ...older].flatMap((name) =>
    (annotations[name] ?? "").split(",").map((one) => one.trim()),
  );
  if (engines.includes(engine)) return undefined;
  return refused(
    "CapabilityMissing",
    `${target?.metadata.name ?? ""} does not declare the engine ${engine} for ${type}: add it to its annotation ${annotation}`,
  );
}

function wrongParameters({
  problems,
}: OperationObservation): OperationDecision | undefined {
  const [first] = problems;
  return first && refused("ValidationFailed", first.message);
}

function superseded({
  operation,
  others,
}: OperationObservation): OperationDecision | undefined {
  const newer = supersededBy(operation, others);
  return (
    newer &&
    cancelled({
      reason: "SupersededByOperation",
      message: `Operation ${newer.metadata.name} is newer and takes its place`,
    })
  );
}

function engineMissing({
  missingKinds,
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (missingKinds.length === 0) return undefined;
  return blocked(
    "DependencyMissing",
    `the cluster does not serve ${missingKinds.join(", ")}, which the engine ${operation.spec.engine} needs: install it; it is picked up by itself`,
  );
}

/** Before the window, so that nobody is asked at two in the morning. */
function notApproved({
  approval,
}: OperationObservation): OperationDecision | undefined {
  switch (approval.state) {
    case "not-required":
    case "valid":
      return undefined;
    case "missing":
      return blocked(
        "AwaitingApproval",
        "it waits for an approval: approve it in the control plane",
      );
    case "refused":
      return blocked(
        "AwaitingApproval",
        `its approval does not count: ${approval.why}`,
      );
  }
}

function targetNotReady({
  target,
  operation,
}: OperationObservation): OperationDecision | undefined {
  if (operation.spec.policy?.requireReady !== true) return undefined;
  const ready = readyOf(target);
  if (ready?.status === "True") return undefined;
  const why = ready?.reason ?? "nothing is said about it yet";
  return blocked(
    "TargetNotReady",
    `${operation.spec.targetRef.name} is not Ready (${why}), and spec.policy.requireReady asks for it`,
  );
}

function readyOf(
  target: ApplicationInstance | undefined,
): ResourceCondition | undefined {
  return target?.status?.conditions?.find(({ type }) => type === "Ready");
}

function conflicting({
  operation,
  others,
}: OperationObservation): OperationDecision | undefined {
  const other = conflictingWith(operation, others);
  return (
    other &&
    blocked(
      "ConflictingOperation",
      `Operation ${other.metadata.name} (${other.spec.type}) is under way on the same target`,
    )
  );
}

/** Asked at every look: a backup that was fresh may be too old when everything else is as it should be. */
function backupMissing({
  operation,
  requiredBackup,
  now,
}: OperationObservation): OperationDecision | undefined {
  if (requiredBackup === undefined) return undefined;
  const { maxAgeSeconds, last } = requiredBackup;
  if (last && now - last.endedAt <= maxAgeSeconds * 1000) return undefined;
  const { name } = operation.spec.targetRef;
  return blocked(
    "BackupRequired",
    `${last ? tooOld(last, now) : `${name} has no backup that succeeded`}, and spec.parameters.requireBackup.maxAgeSeconds is ${maxAgeSeconds}: make a backup of ${name}; the operation starts by itself`,
  );
}

/** In whole hours, so that it does not change with every look. */
function tooOld({ name, endedAt }: LastBackup, now: number): string {
  const hours = Math.floor((now - endedAt) / HOUR_MS);
  const ago = hours === 0 ? "less than an hour" : `${hours} h`;
  return `the last backup, Operation ${name}, ended ${ago} ago, at ${new Date(endedAt).toISOString()}`;
}

function secretMissing({
  missingSecrets,
}: OperationObservation): OperationDecision | undefined {
  if (missingSecrets.length === 0) return undefined;
  return blocked(
    "MissingSecret",
    `Secret ${missingSecrets.join(", ")} is missing: create it; the operation starts by itself`,
  );
}

/** A backup changes nothing, and has its own hours. */
function outsideWindow({
  operation,
  window,
  now,
}: OperationObservation): OperationDecision | undefined {
  if (window.isOpen || operation.spec.type === "Backup") return undefined;
  const { opensAt } = window;
  const said: Said = {
    reason: "OutsideMaintenanceWindow",
    message:
      opensAt === undefined
        ? "no maintenance window of the target ever opens"
        : `it waits for the maintenance window that opens at ${new Date(opensAt).toISOString()}`,
  };
  const waitMs = opensAt === undefined ? LONGEST_SLEEP_MS : opensAt - now;
  return {
    standing: { phase: "Pending", blocked: said },
    recheckAfterMs: Math.min(LONGEST_SLEEP_MS, Math.max(1, waitMs)),
  };
}

/** Before it begins, so that nothing we made is ever left behind. */
function withoutFinalizer({
  operation,
}: OperationObservation): OperationDecision | undefined {
  return hasFinalizer(operation)
    ? undefined
    : { standing: { phase: "Pending" }, action: { do: "add-finalizer" } };
}

function refused(reason: Said["reason"], message: string): OperationDecision {
  return {
    standing: { phase: "Pending", refused: { reason, message } },
    recheckAfterMs: BLOCKED_RECHECK_MS,
  };
}

function blocked(reason: Said["reason"], message: string): OperationDecision {
  return {
    standing: { phase: "Pending", blocked: { reason, message } },
    recheckAfterMs: BLOCKED_RECHECK_MS,
  };
}

function cancelled(ended: Said): OperationDecision {
  return { standing: { phase: "Cancelled", ended } };
}
