import type { Condition, ResourceRef } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { ANNOTATIONS } from "@vworkspace/resources";

/** The control plane's generation stamped on an object; undefined where there is none. */
export function intentGenerationOf(object: KubeObject): number | undefined {
  const text = object.metadata.annotations?.[ANNOTATIONS.intentGeneration];
  return text !== undefined && /^[0-9]{1,15}$/.test(text)
    ? Number(text)
    : undefined;
}

/** How reports and events name an object of the cluster. */
export function resourceRefOf(object: KubeObject): ResourceRef {
  const { namespace, name, uid, generation } = object.metadata;
  const intentGeneration = intentGenerationOf(object);
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(generation !== undefined && { generation }),
    ...(intentGeneration !== undefined && { intentGeneration }),
  };
}

/** `status.conditions` of any object; empty where there are none. */
export function conditionsOf(object: KubeObject): readonly Condition[] {
  const conditions = (object["status"] as { conditions?: unknown } | undefined)
    ?.conditions;
  return Array.isArray(conditions) ? (conditions as Condition[]) : [];
}
