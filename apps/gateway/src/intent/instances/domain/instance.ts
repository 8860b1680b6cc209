import type { ObjectIdentity } from "../../../delivery/domain/desired-object";

export type InstanceState =
  | "draft"
  | "deploying"
  | "ready"
  | "degraded"
  | "blocked"
  | "suspended"
  | "deleting"
  | "deleted";

/** What someone wants to run: one application, on one cluster, in one namespace. */
export interface InstanceIntent {
  readonly namespace: string;
  readonly name: string;
  readonly chart_version: string;
  /** Text of a JSON object, kept byte for byte. */
  readonly values_json: string;
  /** A Secret of the namespace whose key holds more values; they win over the ConfigMap's, inline ones win over both. */
  readonly values_secret_ref: {
    readonly name: string;
    readonly key: string;
  } | null;
  readonly integrations: Readonly<Record<string, unknown>>;
  readonly suspended: boolean;
}

/** An application instance with what is known of it. */
export interface Instance extends InstanceIntent {
  readonly id: string;
  readonly cluster_id: string;
  readonly catalog_entry_id: string;
  readonly generation: number;
  readonly observed_generation: number;
  readonly state: InstanceState;
  readonly external_ref: string | null;
  readonly intent_version: number | null;
}

/** An object of the cluster as it was last seen. */
export interface Observation {
  readonly present: boolean;
  readonly intentGeneration: number;
  readonly conditions: readonly ObservedCondition[];
}

export interface ObservedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
}

export const INSTANCE_KIND = {
  apiVersion: "apps.vworkspace.io/v1alpha1",
  kind: "ApplicationInstance",
} as const;

/** The Kubernetes object that an instance becomes. */
export function instanceObject(
  instance: Pick<Instance, "cluster_id" | "namespace" | "name">,
): ObjectIdentity {
  return {
    ...INSTANCE_KIND,
    clusterId: instance.cluster_id,
    namespace: instance.namespace,
    name: instance.name,
  };
}
