import type { Condition, OperationDetail } from "@vworkspace/contract";
import {
  hasEnded,
  type Operation,
  type OperationCourse,
  type OperationState,
} from "./operation";

/** An operation's object as it was seen at one moment. */
export interface SeenOperation {
  readonly present: boolean;
  readonly intentGeneration: number;
  readonly conditions: readonly Pick<
    Condition,
    "type" | "status" | "reason" | "message"
  >[];
  /** What its status said besides, where the agent tells that. */
  readonly detail: OperationDetail | undefined;
}

type Phase = OperationDetail["phase"];
/** In this order; what ended is not running any more. */
const PHASES: readonly Phase[] = [
  "Succeeded",
  "Failed",
  "Cancelled",
  "Running",
];

interface World {
  readonly operation: Operation;
  readonly seen: SeenOperation;
  readonly phase: Phase;
}

type Check = readonly [when: (world: World) => boolean, state: OperationState];

const isTrue = ({ seen }: World, type: string) =>
  find(seen, type)?.status === "True";

/** In this order; the first that holds says the state. */
const CHECKS: readonly Check[] = [
  [({ phase }) => phase === "Succeeded", "succeeded"],
  [({ phase }) => phase === "Failed", "failed"],
  [({ phase }) => phase === "Cancelled", "cancelled"],
  // What has started and is gone must not start again: somebody removed it, or put back an older cluster.
  [
    ({ operation, seen }) => !seen.present && operation.state === "running",
    "failed",
  ],
  [({ phase }) => phase === "Running", "running"],
  [
    ({ operation }) => operation.approval_state === "required",
    "awaiting_approval",
  ],
  [({ seen }) => !seen.present, "requested"],
  [
    ({ operation, seen }) => seen.intentGeneration < operation.generation,
    "delivering",
  ],
  [
    (world) =>
      isTrue(world, "Blocked") &&
      find(world.seen, "Blocked")?.reason === "AwaitingApproval",
    "awaiting_approval",
  ],
  [(world) => isTrue(world, "Blocked"), "blocked"],
  [({ seen }) => find(seen, "Accepted")?.status === "False", "blocked"],
];

/** What becomes of an operation by a look at its object; a function of both alone. What has ended has ended. */
export function decideCourse(
  operation: Operation,
  seen: SeenOperation,
): OperationCourse {
  const world = { operation, seen, phase: phaseOf(seen) };
  if (hasEnded(operation)) return endedCourse(world);
  const state = CHECKS.find(([holds]) => holds(world))?.[1] ?? "delivering";
  return {
    state,
    phase: seen.present ? world.phase : "",
    ...whyOf(world, state),
    progress:
      state === "running"
        ? (find(seen, "Running")?.message ?? "")
        : operation.progress,
    degraded: isTrue(world, "Degraded"),
    upgrade: owesUpgrade(operation, state) ? "due" : operation.upgrade,
  };
}

/** An end is told in several events, one for each condition: what the later ones add to it is taken, another end is not. */
function endedCourse(world: World): OperationCourse {
  const { operation, phase } = world;
  if (phase.toLowerCase() !== operation.state) return operation;
  const why = whyOf(world, operation.state);
  const degraded = isTrue(world, "Degraded");
  return { ...operation, phase, ...why, degraded };
}

type Why = Pick<OperationCourse, "reason" | "message">;

const VANISHED: Why = {
  reason: "Vanished",
  message:
    "Its object was removed from the cluster while it ran: look at what it had done, then retry.",
};

function whyOf(world: World, state: OperationState): Why {
  const { operation, seen } = world;
  if (state === "failed" && !seen.present) return VANISHED;
  // Why we ended it says more than that it was cancelled.
  const isOurs =
    operation.upgrade === "refused" || operation.approval_state === "rejected";
  if (isOurs) {
    const { reason, message } = operation;
    return { reason, message };
  }
  const { reason = "", message = "" } = tellingCondition(world, state) ?? {};
  return { reason, message };
}

/** A cluster tells the phase, or only the conditions that are named alike. */
function phaseOf(seen: SeenOperation): Phase {
  if (!seen.present) return "Pending";
  const told = PHASES.find((phase) => find(seen, phase)?.status === "True");
  return seen.detail?.phase ?? told ?? "Pending";
}

/** The condition that says why it is as it is. The phase may be told before it: what it said until then is of another phase. */
function tellingCondition(
  { seen, phase }: World,
  state: OperationState,
): SeenOperation["conditions"][number] | undefined {
  if (state !== "blocked" && state !== "awaiting_approval") {
    const telling = find(seen, phase);
    return telling?.status === "True" ? telling : undefined;
  }
  const blocked = find(seen, "Blocked");
  return blocked?.status === "True" ? blocked : find(seen, "Accepted");
}

function owesUpgrade(operation: Operation, state: OperationState): boolean {
  const { engine, type, upgrade, cancel } = operation;
  const isUpgrade = engine === "helm" && type === "Upgrade";
  return isUpgrade && state === "running" && upgrade === "none" && !cancel;
}

function find(
  seen: SeenOperation,
  type: string,
): SeenOperation["conditions"][number] | undefined {
  return seen.conditions.find((condition) => condition.type === type);
}
