import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  OPERATION,
  type OperationSpec,
  readParameters,
} from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "../engines/engine";
import { instance } from "./flux-objects";

/** 2026-01-01T00:00:00Z */
export const RUN_NOW = Date.UTC(2026, 0, 1);
export const RUN_UID = "u-op";

export interface EngineRunOptions extends Partial<EngineRun> {
  readonly isDeleted?: boolean;
  /** The target installs nothing. */
  readonly isPlaceholder?: boolean;
}

/** One operation on the instance `web` of the namespace `shop`, as an engine sees it. */
export function engineRun(
  spec: Omit<OperationSpec, "targetRef">,
  { isDeleted, isPlaceholder, ...over }: EngineRunOptions = {},
): EngineRun {
  const target = over.target ?? (isPlaceholder ? placeholder() : instance());
  const { name } = target.metadata;
  return {
    operation: {
      ...OPERATION,
      metadata: {
        name: "operation",
        namespace: "shop",
        uid: RUN_UID,
        ...(isDeleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      },
      spec: { ...spec, targetRef: { ...APPLICATION_INSTANCE, name } },
    },
    uid: RUN_UID,
    namespace: "shop",
    target,
    parameters: readParameters(spec).parameters,
    outputs: {},
    now: RUN_NOW,
    startedAt: RUN_NOW,
    ...over,
  };
}

/** What an engine says under way, and at its end. */
export const WORKING: EngineVerdict = {
  state: "working",
  reason: "EngineStarted",
  message: "at work",
};
export const DONE: EngineVerdict = {
  state: "succeeded",
  reason: "EngineCompleted",
  message: "done",
};

function placeholder(): ApplicationInstance {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { name: "web", namespace: "shop" },
    spec: { appRef: { catalogId: "web" } },
  };
}
