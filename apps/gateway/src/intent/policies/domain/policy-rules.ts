import { isStorable } from "@vworkspace/contract";
import { validRange } from "semver";
import type { PolicyFields } from "./policy";
import { windowsProblem } from "./policy-windows";

const MAX_LIST = 500;
const MAX_PATTERN = 2048;
const MAX_RANGE_CHARACTERS = 256;
const MOST_INSTANCES = 1_000_000;

/** The first thing that is wrong with a policy, as a sentence; undefined: nothing. */
export function policyProblem(policy: PolicyFields): string | undefined {
  return listProblem(policy) ?? scalarProblem(policy);
}

function listProblem(policy: PolicyFields): string | undefined {
  const lists = {
    allowed_namespaces: policy.allowed_namespaces,
    allowed_catalog_codes: policy.allowed_catalog_codes,
    allowed_chart_url_prefixes: policy.allowed_chart_url_prefixes,
    allowed_operations: policy.allowed_operations,
    require_approval_for: policy.require_approval_for,
  };
  for (const [field, values] of Object.entries(lists)) {
    if (values.length > MAX_LIST)
      return `${field} has ${values.length} items: at most ${MAX_LIST} are allowed.`;
    const wrong = values.find((value) => !isPattern(value));
    if (wrong !== undefined)
      return `${field} holds "${String(wrong).slice(0, 80)}": give names or patterns of 1 to ${MAX_PATTERN} characters.`;
  }
  return (
    prefixProblem(policy) ??
    operationProblem(policy) ??
    windowsProblem(policy.maintenance_windows)
  );
}

function prefixProblem(policy: PolicyFields): string | undefined {
  const prefix = policy.allowed_chart_url_prefixes.find(
    (value) => !isUrlPrefix(value),
  );
  return prefix === undefined
    ? undefined
    : `allowed_chart_url_prefixes holds "${prefix.replace(/\/\/[^/]*@/, "//…@").slice(0, 200)}": begin with oci://HOST, https://HOST or http://HOST, without credentials.`;
}

/** A pattern without a slash would match nothing, and nobody would know why. */
function operationProblem(policy: PolicyFields): string | undefined {
  for (const field of ["allowed_operations", "require_approval_for"] as const) {
    const wrong = policy[field].find(
      (pattern) => !/^[A-Za-z*]+\/[A-Za-z*]+$/.test(pattern),
    );
    if (wrong !== undefined)
      return `${field} holds "${wrong.slice(0, 80)}": give type/engine, for example Backup/velero, Restore/* or */*.`;
  }
  return undefined;
}

function scalarProblem(policy: PolicyFields): string | undefined {
  const { name, version_constraint: range, max_instances: limit } = policy;
  const isRange =
    range === null ||
    (range.length <= MAX_RANGE_CHARACTERS && validRange(range) !== null);
  if (!isRange)
    return `version_constraint is "${range.slice(0, 80)}": give a semver range, for example ">=1.2.0 <2.0.0".`;
  if (limit !== null && !isLimit(limit))
    return `max_instances is ${limit}: give a whole number up to ${MOST_INSTANCES}, or false for no limit.`;
  if (name.trim() === "") return "name is empty: give the policy a name.";
  return isStorable(policy)
    ? undefined
    : "The policy holds U+0000 or a lone surrogate: leave such characters out.";
}

/** Why a change, by who may not decide that, would let agents in unconfirmed; undefined: it wouldn't. */
export function confirmationProblem(
  before: PolicyFields,
  after: PolicyFields,
): string | undefined {
  if (!before.confirm_registration) return undefined;
  if (!after.confirm_registration)
    return "confirm_registration is taken off by an admin of the gateway only.";
  return after.cluster_id === before.cluster_id
    ? undefined
    : "cluster_id of a policy with confirm_registration is changed by an admin of the gateway only.";
}

function isPattern(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.trim() !== "" &&
    value.length <= MAX_PATTERN
  );
}

function isUrlPrefix(value: string): boolean {
  return (
    /^(oci|https?):\/\/[^/?#@]+(\/[^?#]*)?$/.test(value) && URL.canParse(value)
  );
}

function isLimit(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MOST_INSTANCES;
}
