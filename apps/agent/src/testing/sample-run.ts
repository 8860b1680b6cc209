import type { OperationSpec } from "@vworkspace/resources";
import type { Engine, EngineRun } from "../engines/engine";
import { EngineCourse } from "./engine-course";
import { MemoryKubeApi } from "./memory-kube-api";

/** An operation `u1` on the instance `web` of the namespace `shop`, that was started at 0. */
export function sampleRun(
  engine: Engine,
  spec: Omit<OperationSpec, "targetRef">,
  over: Partial<Pick<EngineRun, "outputs" | "now">> = {},
): EngineRun {
  const { run } = new EngineCourse(engine, {
    api: new MemoryKubeApi(),
    namespace: "shop",
    uid: "u1",
    spec,
    now: () => 0,
  });
  return { ...run, ...over };
}
