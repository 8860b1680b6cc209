import { fitsPattern } from "@vworkspace/kernel";
import type { Policy } from "./policy";
import type { PolicyRefusal } from "./policy.decide";

/** What somebody wants to have done. */
export interface OperationKind {
  readonly type: string;
  readonly engine: string;
}

type OperationVerdict =
  | { readonly refusal: PolicyRefusal }
  | { readonly refusal?: undefined; readonly needsApproval: boolean };

/** What a policy means that names no operations: a backup changes nothing, everything else does. */
const ALLOWED_BY_DEFAULT = ["Backup/*"];

/** Whether all policies that apply allow the operation, and whether one of them wants somebody to agree first. */
export function decideOperation(
  policies: readonly Policy[],
  operation: OperationKind,
): OperationVerdict {
  const asked = `${operation.type}/${operation.engine}`;
  if (policies.length === 0)
    return {
      refusal: refusal(
        "",
        "no_policy",
        asked,
        "the organization has no policy",
      ),
    };
  for (const { name, allowed_operations } of policies) {
    const allowed =
      allowed_operations.length === 0 ? ALLOWED_BY_DEFAULT : allowed_operations;
    if (!fitsAny(allowed, asked))
      return {
        refusal: refusal(
          name,
          "allowed_operations",
          asked,
          `${asked} is not among ${allowed.map((one) => `"${one}"`).join(", ")}`,
        ),
      };
  }
  const needsApproval = policies.some(({ require_approval_for }) =>
    fitsAny(require_approval_for, asked),
  );
  return { needsApproval };
}

/** Whether one of the policies wants another person to approve than the one who asked. */
export function wantsFourEyes(policies: readonly Policy[]): boolean {
  return policies.some(({ four_eyes }) => four_eyes);
}

function fitsAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => fitsPattern(pattern, text));
}

function refusal(
  policy: string,
  rule: string,
  value: string,
  why: string,
): PolicyRefusal {
  const message = `Policy refuses this (${rule}): ${why}.`;
  return { policy, rule, value, message };
}
