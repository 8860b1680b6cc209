import type { KubeObject } from "@vworkspace/kube";
import { LABELS } from "@vworkspace/resources";
import type { EngineRun } from "./engine";

/**
 * The name of what an engine makes for an operation: a function of its uid, so that who is killed after a create finds what
 * he made, and what was made for an operation of the same name before is another object.
 * @param part tells several objects of one operation apart
 */
export function engineObjectName(uid: string, part?: string): string {
  return part === undefined ? `op-${uid}` : `op-${uid}-${part}`;
}

/** Labels of everything that an engine makes: they lead back to the operation and the instance. */
export function engineLabels({
  uid,
  target,
}: Pick<EngineRun, "uid" | "target">): Readonly<Record<string, string>> {
  return {
    [LABELS.operation]: uid,
    [LABELS.applicationInstance]: target.metadata.name,
  };
}

/** That an object is what an engine made for this operation; what has its name by chance is somebody else's. */
export function isOfOperation(object: KubeObject, uid: string): boolean {
  return object.metadata.labels?.[LABELS.operation] === uid;
}

/** That an engine has made an object for some operation, on this cluster or another. */
export function isMadeByOperation(object: KubeObject): boolean {
  return object.metadata.labels?.[LABELS.operation] !== undefined;
}
