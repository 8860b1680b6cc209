import { type KubeApi, KubeError } from "@vworkspace/kube";
import {
  AGENT_NAMESPACE_ROLE,
  type ApplicationInstance,
  LABELS,
  NAMESPACE_OPT_IN_VALUE,
} from "@vworkspace/resources";
import { NAMESPACE } from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import type { Observation } from "./observation";

const OPT_IN = `${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}`;
const HOW = "docs/agent.md, Namespaces opt in";

/**
 * Why the agent may not act where an instance is, if it may not. That is asked of the API server, since a deletion rests on
 * it: a watch that lags or is denied knows of no namespace either.
 */
export async function missingOptIn(
  api: KubeApi,
  watches: Watches,
  { metadata: { namespace = "" } }: ApplicationInstance,
): Promise<string | undefined> {
  if (watches.objects(NAMESPACE).has(namespace)) return undefined;
  const found = await api.get({ ...NAMESPACE, name: namespace });
  const { [LABELS.namespaceOptIn]: label } = found?.metadata.labels ?? {};
  if (label === NAMESPACE_OPT_IN_VALUE) return undefined;
  return `namespace ${namespace} has not opted in (an administrator says kubectl label namespace ${namespace} ${OPT_IN}; ${HOW})`;
}

/** What was seen, or which right was missing to see it: a namespace may have the label without the agent's binding. */
export async function orForbidden(
  { metadata }: ApplicationInstance,
  seeing: Promise<Partial<Observation>>,
): Promise<Partial<Observation>> {
  try {
    return await seeing;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const { namespace } = metadata;
    const remedy = `bind the ClusterRole ${AGENT_NAMESPACE_ROLE} to the agent in namespace ${namespace} (${HOW})`;
    return { forbidden: `${error.message}: ${remedy}` };
  }
}

/**
 * A namespace that is being deleted takes the agent's rights with it, in no particular order, and everything else as well:
 * what can't be read any more needs no deletion by us.
 */
export function isGoingWithItsNamespace(
  watches: Watches,
  { metadata }: ApplicationInstance,
  error: unknown,
): boolean {
  const namespace = watches.objects(NAMESPACE).get(metadata.namespace ?? "");
  return (
    isForbidden(error) && namespace?.metadata.deletionTimestamp !== undefined
  );
}

function isForbidden(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 403;
}
