import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import { back, type Course, heldOf } from "./restore-holds.decide";
import { planOf } from "./restore-plan.decide";
import { courseOf, proceed } from "./restore.decide";
import type { SnapshotSeen } from "./snapshot.observe";

/**
 * Before the old volume is deleted, everything is put back as it was. After it there is no way back: the restore goes on to
 * its end. What is over is left alone, however much later the operation is deleted.
 */
export function endRestore(run: EngineRun, seen: SnapshotSeen): EngineEnd {
  const plan = planOf(run.outputs);
  if (plan === undefined) return { state: "ended" };
  const course = courseOf(run, seen, plan);
  if (course.place === "old" || run.outputs["isReplacing"] !== true)
    return ending(back(course, "The restore is given up"), KEPT);
  if (isOver(course)) return { state: "ended", message: NO_WAY_BACK };
  return ending(proceed(course), NO_WAY_BACK);
}

const KEPT = "The volume was not replaced";
const NO_WAY_BACK =
  "The old volume was deleted already, so the restore goes on to its end";

function ending(step: EngineVerdict | undefined, why: string): EngineEnd {
  if (step === undefined) return { state: "ended", message: why };
  const message = `${why}: ${step.message}`;
  if (step.state !== "working") return { state: "ended", message };
  const { action, recheckAfterMs } = step;
  return {
    state: "ending",
    message,
    ...(action && { action }),
    ...(recheckAfterMs !== undefined && { recheckAfterMs }),
  };
}

/** Everything that it stopped runs again; where it stopped nothing, the new volume tells. */
function isOver({ run, plan, seen, place }: Course): boolean {
  const hasStopped =
    plan.wasSuspended !== undefined || plan.workloads.length > 0;
  if (hasStopped) return heldOf(run, seen).length === 0;
  return place !== "none" && place !== "going";
}
