import type { KubeApi, KubeObject } from "@vworkspace/kube";
import { NAMESPACE, SERVICE } from "../../../watches/watched-kinds";
import type { Watches } from "../../../watches/watches";

/** Where a Service is asked for: the watch where it knows it, else the API server. */
export interface ServiceSources {
  readonly api: KubeApi;
  readonly watches: Watches;
}

/**
 * Whether a Service is of type ExternalName: a name for somewhere else, at which an agent must not be made to knock.
 * One that isn't there yet leads nowhere.
 */
export async function leadsOutside(
  { api, watches }: ServiceSources,
  namespace: string,
  service: string,
): Promise<boolean> {
  const ref = { ...SERVICE, namespace, name: service };
  const seen: KubeObject | undefined =
    (watches.isWatched(SERVICE) ? watches.object(ref) : undefined) ??
    (await api.get(ref));
  const { type } = (seen?.["spec"] ?? {}) as { type?: string };
  return type === "ExternalName";
}

/** Whether a probe may knock at the Service at this moment: both may have changed since the probe began its rounds. */
export async function mayKnock(
  sources: ServiceSources,
  namespace: string,
  service: string,
): Promise<boolean> {
  const hasOptedIn = sources.watches.objects(NAMESPACE).has(namespace);
  return hasOptedIn && !(await leadsOutside(sources, namespace, service));
}
