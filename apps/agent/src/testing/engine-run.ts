import {
  OPERATION,
  APPLICATION_INSTANCE,
  type OperationSpec,
  readParameters,
} from "@vworkspace/resources";
import type { EngineRun } from "../engines/engine";
import { instance } from "./flux-objects";

/** 2026-01-01T00:00:00Z */
export const RUN_NOW = Date.UTC(2026, 0, 1);

/** An operation `u-op` on the instance `web` of the namespace `shop`, as an engine sees it. */
export function engineRun(
  spec: Omit<OperationSpec, "targetRef">,
  over: Partial<EngineRun> = {},
): EngineRun {
  const target = over.target ?? instance();
  const { name } = target.metadata;
  return {
    operation: {
      ...OPERATION,
      metadata: { name: "operation", namespace: "shop", uid: "u-op" },
      spec: { ...spec, targetRef: { ...APPLICATION_INSTANCE, name } },
    },
    uid: "u-op",
    namespace: "shop",
    target,
    parameters: readParameters(spec).parameters,
    outputs: {},
    now: RUN_NOW,
    startedAt: RUN_NOW,
    ...over,
  };
}
