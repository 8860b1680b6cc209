import { fitsPattern } from "@vworkspace/kernel";
import { satisfies } from "semver";
import type { Policy } from "./policy";

/** What someone wants to deploy. */
export interface DeploymentRequest {
  readonly namespace: string;
  readonly catalogCode: string;
  readonly chartUrl: string;
  readonly chartVersion: string;
  /** Instances already there in the scope of a policy; undefined where this request adds none. */
  readonly instances: (policy: Policy) => number | undefined;
}

/** A refusal: which rule of which policy, which value, and a sentence for a person. */
export interface PolicyRefusal {
  readonly policy: string;
  readonly rule: string;
  readonly value: string;
  readonly message: string;
}

type Check = (
  policy: Policy,
  request: DeploymentRequest,
) => Omit<PolicyRefusal, "policy"> | undefined;

/** In this order; the first that refuses is told. */
const CHECKS: readonly Check[] = [
  (policy, { namespace }) =>
    refuseUnless(
      matchesAny(policy.allowed_namespaces, namespace),
      "allowed_namespaces",
      namespace,
      `namespace "${namespace}" is not among ${list(policy.allowed_namespaces)}`,
    ),
  (policy, { catalogCode }) =>
    refuseUnless(
      matchesAny(policy.allowed_catalog_codes, catalogCode),
      "allowed_catalog_codes",
      catalogCode,
      `catalog entry "${catalogCode}" is not among ${list(policy.allowed_catalog_codes)}`,
    ),
  (policy, { chartUrl }) =>
    refuseUnless(
      policy.allowed_chart_url_prefixes.some((prefix) =>
        isBelow(prefix, chartUrl),
      ),
      "allowed_chart_url_prefixes",
      chartUrl,
      `chart URL "${chartUrl}" begins with none of ${list(policy.allowed_chart_url_prefixes)}`,
    ),
  (policy, { chartVersion }) =>
    refuseUnless(
      policy.version_constraint === null ||
        satisfies(chartVersion, policy.version_constraint, {
          includePrerelease: true,
        }),
      "version_constraint",
      chartVersion,
      `chart version ${chartVersion} does not satisfy "${policy.version_constraint ?? ""}"`,
    ),
  (policy, { instances }) => {
    const count = instances(policy);
    const limit = policy.max_instances;
    return refuseUnless(
      limit === null || count === undefined || count < limit,
      "max_instances",
      String(count),
      `there are ${count ?? 0} instances, and ${limit ?? 0} are allowed`,
    );
  },
];

/**
 * Whether all policies that apply allow the deployment: the first refusal, or undefined. Where no policy applies nothing
 * is allowed: what nobody wrote down is not what somebody meant.
 */
export function decidePolicy(
  policies: readonly Policy[],
  request: DeploymentRequest,
): PolicyRefusal | undefined {
  if (policies.length === 0) {
    return {
      policy: "",
      rule: "no_policy",
      value: request.namespace,
      message:
        "Policy refuses this: the organization has no policy; create a vworkspace.policy that allows it.",
    };
  }
  for (const policy of policies) {
    for (const check of CHECKS) {
      const refusal = check(policy, request);
      if (refusal) return { ...refusal, policy: policy.name };
    }
  }
  return undefined;
}

function refuseUnless(
  isFine: boolean,
  rule: string,
  value: string,
  why: string,
): Omit<PolicyRefusal, "policy"> | undefined {
  return isFine
    ? undefined
    : { rule, value, message: `Policy refuses this (${rule}): ${why}.` };
}

/** `*` stands for any characters, everything else for itself. */
function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => fitsPattern(pattern, text));
}

/**
 * A prefix ends at a boundary of the path: `https://charts.example` is no prefix of `https://charts.example.evil`. Both
 * are compared as the addresses they lead to, so that no `..` leads out of what is allowed.
 */
function isBelow(prefix: string, url: string): boolean {
  const [base, target] = [address(prefix), address(url)];
  if (base === undefined || target === undefined) return false;
  return target === base || target.startsWith(`${base}/`);
}

function address(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { href } = new URL(url);
  let end = href.length;
  while (href[end - 1] === "/") end -= 1;
  return href.slice(0, end);
}

function list(values: readonly string[]): string {
  return values.length === 0
    ? "none"
    : values.map((value) => `"${value}"`).join(", ");
}
