import {
  describeRef,
  KindMissingError,
  type KubeObject,
  type ObjectRef,
  refOf,
} from "@vworkspace/kube";
import { LABELS } from "@vworkspace/resources";
import type { EngineReads, EngineRun, EngineVerdict } from "./engine";
import { isOfOperation } from "./engine-objects";

/** What there is under the name that the work of an operation has. */
export interface EngineWork<T extends KubeObject> {
  readonly ref: ObjectRef;
  /** Whether the API server serves the kind; who removes its definition takes every object along. */
  readonly isServed: boolean;
  readonly object?: T;
}

export async function readWork<T extends KubeObject>(
  api: EngineReads["api"],
  ref: ObjectRef,
): Promise<EngineWork<T>> {
  try {
    const object = await api.get<T>(ref);
    return { ref, isServed: true, ...(object && { object }) };
  } catch (error) {
    if (error instanceof KindMissingError) return { ref, isServed: false };
    throw error;
  }
}

/** Whether the work is there, and not somebody else's under its name. */
export function isOurWork<T extends KubeObject>(
  { uid }: EngineRun,
  work: EngineWork<T>,
): work is EngineWork<T> & { readonly object: T } {
  return work.object !== undefined && isOfOperation(work.object, uid);
}

/**
 * What is said of work that can't be looked at; undefined where it has still to be made.
 * @param output that names the work since it was first seen
 */
export function absentWork(
  run: EngineRun,
  { ref, isServed, object }: EngineWork<KubeObject>,
  output: string,
): EngineVerdict | undefined {
  if (!isServed)
    return {
      state: "working",
      reason: "EngineStarted",
      message: `${describeRef(ref)} can't be read: the cluster serves no ${ref.kind} (${ref.apiVersion}) now`,
      recheckAfterMs: 30_000,
    };
  const failed = { state: "failed", reason: "EngineFailed" } as const;
  if (object !== undefined)
    return { ...failed, message: `${somebodyElses(object)}: it is left alone` };
  return run.outputs[output] === undefined
    ? undefined
    : { ...failed, message: `${describeRef(ref)} is gone` };
}

export function somebodyElses(object: KubeObject): string {
  return `${describeRef(refOf(object))} is somebody else's (it lacks the operation's label ${LABELS.operation})`;
}
