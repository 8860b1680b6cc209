import { fitsPattern } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import { LABELS, NAMESPACE_OPT_IN_VALUE } from "@vworkspace/resources";

export type NamespaceVerdict =
  | { readonly verdict: "open" }
  /** Missing, and the agent may create it. */
  | { readonly verdict: "create" }
  | { readonly verdict: "closed"; readonly reason: string };

/** Whether the agent may act in a namespace: it has opted in, or doesn't exist and may be created. */
export function namespaceVerdict(
  name: string,
  namespace: KubeObject | undefined,
  rules: {
    readonly agentNamespace: string;
    readonly patterns: readonly string[];
  },
): NamespaceVerdict {
  if (namespace === undefined) return verdictOnMissing(name, rules);
  if (namespace.metadata.deletionTimestamp !== undefined)
    return closed(`namespace ${name} is being deleted: wait for its end.`);
  const label = namespace.metadata.labels?.[LABELS.namespaceOptIn];
  if (label === NAMESPACE_OPT_IN_VALUE) return { verdict: "open" };
  return closed(
    `namespace ${name} has not opted in: it lacks the label ${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}, which an administrator of the cluster sets.`,
  );
}

function verdictOnMissing(
  name: string,
  rules: {
    readonly agentNamespace: string;
    readonly patterns: readonly string[];
  },
): NamespaceVerdict {
  if (isReserved(name, rules.agentNamespace))
    return closed(
      `namespace ${name} does not exist and is reserved: choose another one.`,
    );
  if (rules.patterns.some((pattern) => fitsPattern(pattern, name)))
    return { verdict: "create" };
  return closed(
    `namespace ${name} does not exist and VWORKSPACE_NAMESPACE_PATTERNS (${rules.patterns.join(", ")}) does not let the agent create it: create it with the label ${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}.`,
  );
}

function isReserved(name: string, agentNamespace: string): boolean {
  return (
    name.startsWith("kube-") || name === "default" || name === agentNamespace
  );
}

function closed(reason: string): NamespaceVerdict {
  return { verdict: "closed", reason };
}
