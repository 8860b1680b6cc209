import type { Condition } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import {
  ABSENT_MEANS,
  APPLICATION_INSTANCE,
  OPERATION,
} from "@vworkspace/resources";
import { conditionsOf, intentGenerationOf } from "../reporting/resource-ref";
import { isSameKind } from "./manifest.decide";

/** Where an applied object stands on its way. */
export type FollowVerdict =
  | {
      readonly state: "waiting";
      readonly phase: string;
      readonly message: string;
    }
  | { readonly state: "succeeded"; readonly phase: string }
  | { readonly state: "failed"; readonly error: string }
  | { readonly state: "superseded"; readonly reason: string };

/**
 * @param object as last seen
 * @param wanted what was applied: Kubernetes' generation of the object, and the control plane's where there is one
 */
export function followApplied(
  object: KubeObject,
  wanted: { readonly generation: number; readonly intent?: number },
): FollowVerdict {
  const stamped = intentGenerationOf(object);
  if (
    wanted.intent !== undefined &&
    stamped !== undefined &&
    stamped > wanted.intent
  )
    return {
      state: "superseded",
      reason: `generation ${stamped} was applied meanwhile`,
    };
  if (isSameKind(object, APPLICATION_INSTANCE))
    return isObserved(object, wanted)
      ? instanceVerdict(object)
      : waiting("Applied", "not looked at yet");
  if (isSameKind(object, OPERATION))
    return operationVerdict(conditionsOf(object));
  // Nothing is known about the readiness of other kinds: to have been applied is all that is asked of them.
  return { state: "succeeded", phase: "Applied" };
}

/** A suspended instance, by hand or until its window, has settled when it is suspended: what its Ready says is from before. */
function instanceVerdict(object: KubeObject): FollowVerdict {
  const conditions = conditionsOf(object);
  const spec = object["spec"] as { suspend?: boolean } | undefined;
  if (find(conditions, "Suspended")?.status === "True")
    return { state: "succeeded", phase: "Suspended" };
  if (spec?.suspend === true) return waiting("Suspending", "not suspended yet");
  const ready = find(conditions, "Ready");
  if (ready?.status === "True") return { state: "succeeded", phase: "Ready" };
  const blocked = find(conditions, "Blocked");
  if (blocked?.status === "True") return waiting("Blocked", describe(blocked));
  return ready
    ? waiting(ready.reason, ready.message)
    : waiting("Applied", "not looked at yet");
}

/** To the job an operation has succeeded once it is accepted or blocked; its end comes in events. */
function operationVerdict(conditions: readonly Condition[]): FollowVerdict {
  const accepted = find(conditions, "Accepted");
  if (accepted?.status === "True")
    return { state: "succeeded", phase: "Accepted" };
  if (find(conditions, "Blocked")?.status === "True")
    return { state: "succeeded", phase: "Blocked" };
  if (accepted?.status === "False")
    return { state: "failed", error: describe(accepted) };
  return waiting("Applied", "no controller has accepted the operation yet");
}

/** Whether the status speaks about what was applied, and not about something older. */
function isObserved(
  object: KubeObject,
  wanted: { readonly generation: number; readonly intent?: number },
): boolean {
  const status = (object["status"] ?? {}) as {
    observedGeneration?: number;
    intentGeneration?: number;
  };
  const isNewEnough = (status.observedGeneration ?? 0) >= wanted.generation;
  return (
    isNewEnough &&
    (wanted.intent === undefined || status.intentGeneration === wanted.intent)
  );
}

/** How long an object may take, in milliseconds: its own policy's timeout. */
export function objectTimeoutMs(object: KubeObject): number {
  const policy = (object["spec"] as { policy?: unknown } | undefined)?.policy;
  const seconds = (policy as { timeoutSeconds?: unknown } | undefined)
    ?.timeoutSeconds;
  return typeof seconds === "number" && seconds > 0
    ? seconds * 1000
    : ABSENT_MEANS.timeoutSeconds * 1000;
}

/** `Reason: message` of a condition. */
export function describe(condition: Condition): string {
  return condition.message === ""
    ? condition.reason
    : `${condition.reason}: ${condition.message}`;
}

function find(
  conditions: readonly Condition[],
  type: string,
): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function waiting(phase: string, message: string): FollowVerdict {
  return { state: "waiting", phase, message };
}
