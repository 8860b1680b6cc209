import type { KubeObject } from "@vworkspace/kube";
import {
  CLUSTER,
  type ClusterSpec,
  controlPlaneEndpointOf,
  LABELS,
  MANAGED_BY,
} from "@vworkspace/resources";
import { OWN_CLUSTER } from "../../watches/own-cluster";

/**
 * The Cluster object to write, or undefined where nothing is to be written. One that a person made is left as it is; ours
 * gets its id as soon as that is known.
 */
export function clusterToWrite(
  existing: KubeObject | undefined,
  known: { readonly endpoint: string; readonly clusterId: string | undefined },
): KubeObject | undefined {
  const { endpoint, clusterId } = known;
  const spec = {
    controlPlaneEndpoint: endpoint,
    ...(clusterId !== undefined && { clusterId }),
  };
  if (existing !== undefined && !(isOurs(existing) && isBehind(existing, spec)))
    return undefined;
  return {
    ...CLUSTER,
    metadata: {
      name: OWN_CLUSTER,
      labels: { [LABELS.managedBy]: MANAGED_BY, [LABELS.velero]: "true" },
    },
    spec,
  };
}

/**
 * What there is to say where the object names another control plane than the agent calls: which one that is was decided when
 * the agent was set up, and no object may lead it elsewhere.
 */
export function endpointNotice(cluster: KubeObject, called: string): string {
  const named = controlPlaneEndpointOf(cluster["spec"] ?? {});
  const plain = (address: string) => address.replace(/\/+$/, "");
  if (named === undefined || plain(named) === plain(called)) return "";
  return `the agent calls ${called}, as its setting CONTROL_PLANE_ENDPOINT says, and not ${named} of this object`;
}

function isOurs({ metadata }: KubeObject): boolean {
  const { name, labels } = metadata;
  return name === OWN_CLUSTER && labels?.[LABELS.managedBy] === MANAGED_BY;
}

function isBehind(existing: KubeObject, spec: ClusterSpec): boolean {
  const old = (existing["spec"] ?? {}) as ClusterSpec;
  return (
    old.controlPlaneEndpoint !== spec.controlPlaneEndpoint ||
    (spec.clusterId !== undefined && old.clusterId !== spec.clusterId)
  );
}
