import {
  type Kind,
  KubeApi,
  KubeError,
  type KubeObject,
} from "@vworkspace/kube";
import type { ApplicationInstance, Endpoint } from "@vworkspace/resources";
import { HTTP_ROUTE, INGRESS, SERVICE } from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import {
  ingressEndpoints,
  type ParentRef,
  routeEndpoints,
  serviceEndpoints,
} from "./endpoints.decide";
import { FLUX_LABELS } from "./flux-labels";

const GATEWAY: Kind = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
};

/** As many as the status takes. */
const MOST = 64;

/**
 * Where the application is reached: Ingresses, HTTPRoutes and load balancers that are this release's, from the watches.
 * @param ingress made for the instance itself
 */
export async function readEndpoints(
  { api, watches }: { readonly api: KubeApi; readonly watches: Watches },
  instance: ApplicationInstance,
  ingress?: KubeObject,
): Promise<readonly Endpoint[]> {
  // What can't be listed yet takes nothing away from what was seen before.
  if ([INGRESS, HTTP_ROUTE, SERVICE].some((kind) => isUnknown(watches, kind)))
    return instance.status?.endpoints ?? [];
  const own = (kind: Kind) => ownObjects(watches, kind, instance);
  const routes = own(HTTP_ROUTE);
  const gateways = await readGateways(api, routes);
  const found = [
    ...(ingress === undefined ? [] : ingressEndpoints(ingress)),
    ...own(INGRESS).flatMap(ingressEndpoints),
    ...routes.flatMap((route) =>
      routeEndpoints(route, (parent) => gateways.get(keyOf(route, parent))),
    ),
    ...own(SERVICE).flatMap(serviceEndpoints),
  ];
  return found.slice(0, MOST);
}

function isUnknown(watches: Watches, kind: Kind): boolean {
  return watches.isWatched(kind) && !watches.hasSynced(kind);
}

/** By name, so that the order of a watch's store never shows in a status. */
function ownObjects(
  watches: Watches,
  kind: Kind,
  { metadata }: ApplicationInstance,
): readonly KubeObject[] {
  if (!watches.isWatched(kind)) return [];
  const objects = [...watches.objects(kind).values()].filter(
    (object) =>
      object.metadata.namespace === metadata.namespace &&
      object.metadata.labels?.[FLUX_LABELS.name] === metadata.name &&
      object.metadata.labels[FLUX_LABELS.namespace] === metadata.namespace,
  );
  return objects.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The Gateways of the routes' own namespace; those of other namespaces are none of the agent's business. */
async function readGateways(
  api: KubeApi,
  routes: readonly KubeObject[],
): Promise<ReadonlyMap<string, KubeObject>> {
  const found = new Map<string, KubeObject>();
  for (const route of routes) {
    const { namespace = "" } = route.metadata;
    const { parentRefs = [] } = (route["spec"] ?? {}) as {
      parentRefs?: readonly ParentRef[];
    };
    for (const parent of parentRefs) {
      const key = keyOf(route, parent);
      if (!key.startsWith(`${namespace}/`) || found.has(key)) continue;
      const ref = { ...GATEWAY, namespace, name: parent.name };
      const gateway = await api.get(ref).catch(undefinedIfUnreadable);
      if (gateway) found.set(key, gateway);
    }
  }
  return found;
}

function keyOf({ metadata }: KubeObject, parent: ParentRef): string {
  return `${parent.namespace ?? metadata.namespace}/${parent.name}`;
}

/** Not served or not allowed: then the endpoint's notes say what isn't known. */
function undefinedIfUnreadable(error: unknown): undefined {
  if (error instanceof KubeError && [403, 404].includes(error.status)) return;
  throw error;
}
