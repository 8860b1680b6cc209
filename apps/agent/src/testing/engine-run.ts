import {
  APPLICATION_INSTANCE,
  type JsonObject,
  OPERATION,
  type OperationSpec,
  readParameters,
} from "@vworkspace/resources";
import type { EngineRun } from "../engines/engine";

export interface EngineRunOptions {
  readonly outputs?: JsonObject;
  readonly isDeleted?: boolean;
  /** The target installs nothing. */
  readonly isPlaceholder?: boolean;
}

/** One operation on an instance "web" of namespace "shop", for tests of what is decided. */
export function engineRun(
  spec: Omit<OperationSpec, "targetRef">,
  { outputs = {}, isDeleted, isPlaceholder }: EngineRunOptions = {},
): EngineRun {
  const namespace = "shop";
  const uid = "0f1e";
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  return {
    operation: {
      ...OPERATION,
      metadata: {
        name: "operation",
        namespace,
        uid,
        ...(isDeleted && { deletionTimestamp }),
      },
      spec: { ...spec, targetRef: { ...APPLICATION_INSTANCE, name: "web" } },
    },
    uid,
    namespace,
    target: {
      ...APPLICATION_INSTANCE,
      metadata: { name: "web", namespace },
      spec: {
        appRef: { catalogId: "web" },
        ...(!isPlaceholder && { release: { name: "web", namespace } }),
      },
    },
    parameters: readParameters(spec).parameters,
    outputs,
    now: 0,
    startedAt: 0,
  };
}
