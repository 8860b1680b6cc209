import type { KubeObject } from "@vworkspace/kube";
import { intentGenerationOf } from "../reporting/resource-ref";

/** What an apply does next, given the object as it was just read. */
export type ApplyStep =
  | { readonly step: "create" }
  | { readonly step: "update" }
  /** The object is being deleted: an apply would succeed and be lost when its finalizer goes. */
  | { readonly step: "wait-for-end" }
  /** This generation was applied before: go on following it, or say that it had settled. */
  | { readonly step: "follow" }
  | { readonly step: "superseded"; readonly reason: string };

/** @param generation of the job; undefined: nothing is compared */
export function decideApply(
  current: KubeObject | undefined,
  generation: number | undefined,
): ApplyStep {
  if (current === undefined) return { step: "create" };
  if (current.metadata.deletionTimestamp !== undefined)
    return { step: "wait-for-end" };
  const stamped = intentGenerationOf(current);
  if (generation === undefined || stamped === undefined)
    return { step: "update" };
  if (stamped === generation) return { step: "follow" };
  if (stamped > generation)
    return { step: "superseded", reason: newerStamp(stamped, generation) };
  return { step: "update" };
}

export type DeleteStep =
  | { readonly step: "gone" }
  | { readonly step: "delete" }
  /** Somebody deleted it already. */
  | { readonly step: "follow" }
  | { readonly step: "superseded"; readonly reason: string };

export function decideDelete(
  current: KubeObject | undefined,
  generation: number | undefined,
): DeleteStep {
  if (current === undefined) return { step: "gone" };
  if (current.metadata.deletionTimestamp !== undefined)
    return { step: "follow" };
  const stamped = intentGenerationOf(current);
  if (generation !== undefined && stamped !== undefined && stamped > generation)
    return { step: "superseded", reason: newerStamp(stamped, generation) };
  return { step: "delete" };
}

function newerStamp(stamped: number, generation: number): string {
  return `generation ${stamped} is applied already, this job carries ${generation}`;
}
