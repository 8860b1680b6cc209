import type { FaultEffect, FaultRule } from "./fault-rule";

/** A request as fault rules see it. */
export interface FaultyRequest {
  readonly verb: string;
  /** `pods`, `helmreleases.helm.toolkit.fluxcd.io`, with a subresource after a slash; empty for other paths. */
  readonly resource: string;
  readonly user: string;
}

/** How often a rule has fitted, and how often it was its turn. */
export interface RuleCount {
  readonly seen: number;
  readonly hits: number;
}

export const NEVER_SEEN: RuleCount = { seen: 0, hits: 0 };

export function fitsRequest(rule: FaultRule, request: FaultyRequest): boolean {
  const { verbs = [request.verb], resources = [request.resource] } = rule;
  const { user = request.user, effect } = rule;
  if (effect.kind === "expire" && request.verb !== "watch") return false;
  return (
    request.resource !== "" &&
    user === request.user &&
    resources.includes(request.resource) &&
    verbs.some((verb) => verb === request.verb)
  );
}

/** Whether it is the rule's turn at a request that fits. @param before what was counted before this request */
export function isTurn(
  rule: FaultRule,
  before: RuleCount,
  random: () => number,
): boolean {
  const { nth, every, probability, times } = rule;
  const number = before.seen + 1;
  if (times !== undefined && before.hits >= times) return false;
  if (nth !== undefined) return nth.includes(number);
  if (every !== undefined) return number % every === 0;
  return probability === undefined || random() < probability;
}

/** What the status of a refused request says. */
export function refusalText(effect: Extract<FaultEffect, { kind: "refuse" }>): {
  readonly reason: string;
  readonly message: string;
} {
  return REFUSALS[effect.code];
}

/** Words of a real server. */
const REFUSALS = {
  410: {
    reason: "Expired",
    message: "The provided continue parameter or resourceVersion is too old.",
  },
  429: {
    reason: "TooManyRequests",
    message: "too many requests, please try again later",
  },
  500: {
    reason: "InternalError",
    message: "Internal error occurred: a fault that was asked for",
  },
  503: {
    reason: "ServiceUnavailable",
    message: "the server is currently unable to handle the request",
  },
  504: {
    reason: "Timeout",
    message: "Timeout: request did not complete within the allotted timeout",
  },
} as const;
