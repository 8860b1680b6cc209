import { validRange } from "semver";
import type { PolicyFields } from "./policy";

const MAX_LIST = 500;
const MAX_PATTERN = 2048;

/** The first thing that is wrong with a policy, as a sentence; undefined: nothing. */
export function policyProblem(policy: PolicyFields): string | undefined {
  const lists = {
    allowed_namespaces: policy.allowed_namespaces,
    allowed_catalog_codes: policy.allowed_catalog_codes,
    allowed_chart_url_prefixes: policy.allowed_chart_url_prefixes,
  };
  for (const [field, values] of Object.entries(lists)) {
    if (values.length > MAX_LIST)
      return `${field} has ${values.length} items: at most ${MAX_LIST} are allowed.`;
    const wrong = values.find(
      (value) => value.trim() === "" || value.length > MAX_PATTERN,
    );
    if (wrong !== undefined)
      return `${field} holds "${wrong.slice(0, 80)}": give names or patterns of 1 to ${MAX_PATTERN} characters.`;
  }
  const prefix = policy.allowed_chart_url_prefixes.find(
    (value) => !/^(oci|https?):\/\/[^/]/.test(value),
  );
  if (prefix !== undefined)
    return `allowed_chart_url_prefixes holds "${prefix}": begin with oci://HOST, https://HOST or http://HOST.`;
  if (
    policy.version_constraint !== null &&
    validRange(policy.version_constraint) === null
  ) {
    return `version_constraint is "${policy.version_constraint}": give a semver range, for example ">=1.2.0 <2.0.0".`;
  }
  if (
    policy.max_instances !== null &&
    (!Number.isInteger(policy.max_instances) || policy.max_instances < 0)
  ) {
    return `max_instances is ${policy.max_instances}: give a whole number, or false for no limit.`;
  }
  return policy.name.trim() === ""
    ? "name is empty: give the policy a name."
    : undefined;
}
