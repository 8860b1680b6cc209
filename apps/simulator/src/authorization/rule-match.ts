import type { Attributes } from "./attributes";

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Whether a rule of RBAC allows what is asked. */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!has(rule.verbs, asked.verb)) return false;
  if ("path" in asked)
    return (rule.nonResourceURLs ?? []).some((url) =>
      pathMatches(url, asked.path),
    );
  return (
    has(rule.apiGroups, asked.group) &&
    resourceMatches(rule.resources ?? [], asked.resource) &&
    nameMatches(rule.resourceNames ?? [], asked.name)
  );
}

function has(values: readonly string[] | undefined, value: string): boolean {
  return values?.some((one) => one === "*" || one === value) ?? false;
}

/** `pods` says nothing of `pods/status`; `*\/status` is the subresource of every resource. */
function resourceMatches(
  resources: readonly string[],
  resource: string,
): boolean {
  const [, subresource] = resource.split("/");
  return resources.some(
    (one) =>
      one === "*" ||
      one === resource ||
      (subresource !== undefined && one === `*/${subresource}`),
  );
}

function nameMatches(
  names: readonly string[],
  name: string | undefined,
): boolean {
  return names.length === 0 || (name !== undefined && names.includes(name));
}

function pathMatches(url: string, path: string): boolean {
  return (
    url === "*" ||
    url === path ||
    (url.endsWith("*") && path.startsWith(url.slice(0, -1)))
  );
}
