import { DomainError } from "@vworkspace/kernel";

/**
 * Of a CA: made and not trusted yet; trusted; issuing (and trusted); no longer trusted, its key kept; ended, its key gone.
 */
export type AuthorityState =
  "new" | "trusted" | "issuing" | "distrusted" | "ended";

/** Where the change from one CA to the next stands; `none` between two changes. */
export const ROTATION_STEPS = [
  "none",
  "init",
  "trust",
  "issue",
  "distrust",
] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];
export type RotationMove = RotationStep | "done";

export interface AuthorityStates {
  readonly old: AuthorityState;
  readonly next: AuthorityState;
}

/** What each step makes of the two CAs. */
const STATES: Readonly<Record<Exclude<RotationMove, "none">, AuthorityStates>> =
  {
    init: { old: "issuing", next: "new" },
    trust: { old: "issuing", next: "trusted" },
    issue: { old: "trusted", next: "issuing" },
    distrust: { old: "distrusted", next: "issuing" },
    done: { old: "ended", next: "issuing" },
  };

/** @param states of the CAs that have not ended, oldest first */
export function rotationStep(states: readonly AuthorityState[]): RotationStep {
  const [old, next] = states;
  const found = ROTATION_STEPS.find(
    (step) =>
      step !== "none" && STATES[step].old === old && STATES[step].next === next,
  );
  return found ?? "none";
}

/**
 * What the CAs become by a move from one step to the next or back to the one before; `undefined` is a CA that is taken away.
 * @throws DomainError conflict for a move that leaves a step out
 */
export function statesAfter(
  from: RotationStep,
  to: RotationMove,
): AuthorityStates | undefined {
  const order: readonly RotationMove[] = [...ROTATION_STEPS, "done"];
  const distance = order.indexOf(to) - order.indexOf(from);
  if (Math.abs(distance) !== 1) throw outOfOrder(from, to);
  return to === "none" ? undefined : STATES[to];
}

function outOfOrder(from: RotationStep, to: RotationMove): DomainError {
  const order: readonly RotationMove[] = [...ROTATION_STEPS, "done"];
  const at = order.indexOf(from);
  const possible = [order[at + 1], order[at - 1]].filter(
    (move) => move !== undefined,
  );
  return new DomainError(
    "conflict",
    `The rotation of the CA is at "${from}": "${to}" is not beside it; possible are ${possible.join(" and ")}.`,
  );
}
