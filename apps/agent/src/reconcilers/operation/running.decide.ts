import type { EngineVerdict } from "../../engines/engine";
import type { OperationDecision, Said } from "./decision";
import type { OperationObservation } from "./observation";
import { hasFinalizer } from "./started.decide";

/** What an engine made is looked at again after this, where the engine doesn't say. */
const RECHECK_MS = { least: 1_000, most: 10_000 };

/**
 * What becomes of an operation that has begun: its engine goes on until it has ended by itself, or is taken back because
 * somebody cancelled or deleted it, or because its time is over.
 */
export function decideStarted(seen: OperationObservation): OperationDecision {
  const { engine } = seen;
  // Marked, and nothing said yet: the agent ended in between.
  if (engine === undefined) return { standing: { phase: "Running" } };
  const { verdict, end } = engine;
  const taken = takenBack(seen);
  // What is done and can't be taken back any more has succeeded, whoever cancelled it.
  const stays = taken === undefined || end.state === "ended";
  if (taken && !(stays && verdict.state === "succeeded"))
    return takingBack(seen, taken);
  if (verdict.state === "succeeded") return succeeded(verdict);
  if (verdict.state === "failed")
    return {
      standing: { phase: "Failed", ended: saidOf(verdict), ...told(verdict) },
    };
  return working(seen, verdict);
}

/** Why the work is to be taken back, if it is. What is gone then has failed to its engine, and not to us. */
function takenBack(seen: OperationObservation): Said | undefined {
  const { operation } = seen;
  const { deletionTimestamp } = operation.metadata;
  if (deletionTimestamp !== undefined)
    return {
      reason: "UserCancelled",
      message: "It was deleted while it was under way",
    };
  if (operation.spec.cancel === true)
    return {
      reason: "UserCancelled",
      message: "It was cancelled while it was under way",
    };
  const limit = operation.spec.policy?.timeoutSeconds;
  if (limit === undefined || elapsedSeconds(seen) < limit) return undefined;
  return hasEndedByItself(seen)
    ? undefined
    : {
        reason: "Timeout",
        message: `It took longer than spec.policy.timeoutSeconds (${limit})`,
      };
}

/** What failed because we took it away is gone. */
function hasEndedByItself({ engine }: OperationObservation): boolean {
  const state = engine?.verdict.state;
  return (
    state === "succeeded" ||
    (state === "failed" && engine?.end.state === "ending")
  );
}

function working(
  seen: OperationObservation,
  verdict: Extract<EngineVerdict, { state: "working" }>,
): OperationDecision {
  const { action, recheckAfterMs = recheckMs(seen) } = verdict;
  const limit = seen.operation.spec.policy?.timeoutSeconds;
  const left =
    limit === undefined
      ? Infinity
      : Math.max(1, (limit - elapsedSeconds(seen)) * 1000);
  return {
    standing: { phase: "Running", running: saidOf(verdict), ...told(verdict) },
    ...(action && { action: { do: "engine", action } }),
    recheckAfterMs: Math.min(recheckAfterMs, left),
  };
}

function succeeded(
  verdict: Extract<EngineVerdict, { state: "succeeded" }>,
): OperationDecision {
  const { degraded } = verdict;
  return {
    standing: {
      phase: "Succeeded",
      ended: saidOf(verdict),
      ...(degraded && { degraded }),
      ...told(verdict),
    },
  };
}

/** Until nothing of it is left at work, it is under way still: nothing else begins on the target before. */
function takingBack(seen: OperationObservation, why: Said): OperationDecision {
  const { operation, engine } = seen;
  if (engine === undefined) return {};
  const { end, verdict } = engine;
  if (end.state === "ending") {
    const { action, recheckAfterMs = recheckMs(seen) } = end;
    return {
      standing: {
        phase: "Running",
        running: {
          reason: "EngineStarted",
          message: `${why.message}; ${end.message}`,
        },
        ...told(verdict),
      },
      ...(action && { action: { do: "engine", action } }),
      recheckAfterMs,
    };
  }
  const message =
    end.message === undefined ? why.message : `${why.message}; ${end.message}`;
  const ended = { reason: why.reason, message };
  const isGoing = operation.metadata.deletionTimestamp !== undefined;
  return {
    standing:
      why.reason === "Timeout"
        ? { phase: "Failed", ended, ...told(verdict) }
        : { phase: "Cancelled", ended, ...told(verdict) },
    ...(isGoing &&
      hasFinalizer(operation) && { action: { do: "remove-finalizer" } }),
  };
}

/** A tenth of the time that it has taken so far: what is soon done is soon told, what takes hours is seldom asked for. */
function recheckMs(seen: OperationObservation): number {
  const { least, most } = RECHECK_MS;
  return Math.min(most, Math.max(least, elapsedSeconds(seen) * 100));
}

function elapsedSeconds({ operation, now }: OperationObservation): number {
  const startedAt = Date.parse(operation.status?.startedAt ?? "");
  return Number.isNaN(startedAt) ? 0 : (now - startedAt) / 1000;
}

function saidOf({ reason, message }: EngineVerdict): Said {
  return { reason, message };
}

function told({ outputs, logsRef }: EngineVerdict) {
  return { outputs, ...(logsRef && { logsRef }) };
}
