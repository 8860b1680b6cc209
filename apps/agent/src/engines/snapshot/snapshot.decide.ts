import type { FieldProblem } from "@vworkspace/resources";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import { parametersOf } from "./parameters";
import { decideBackup, endBackup } from "./backup.decide";
import { endRestore } from "./restore-end.decide";
import { decideRestore } from "./restore.decide";
import type { SnapshotSeen } from "./snapshot.observe";

export function decideSnapshot(
  run: EngineRun,
  seen: SnapshotSeen,
): EngineVerdict {
  return isRestore(run) ? decideRestore(run, seen) : decideBackup(run, seen);
}

export function endSnapshot(run: EngineRun, seen: SnapshotSeen): EngineEnd {
  return isRestore(run) ? endRestore(run, seen) : endBackup(run, seen);
}

/** An ApplicationInstance has no field yet that would declare such commands. */
export function snapshotProblems(run: EngineRun): readonly FieldProblem[] {
  const { quiesce } = parametersOf(run);
  if (quiesce?.enabled !== true) return [];
  return [
    {
      field: "spec.parameters.quiesce.enabled",
      value: true,
      message: `spec.parameters.quiesce.enabled is true, but ApplicationInstance ${run.target.metadata.name} declares no commands that bring it to rest: leave it out`,
    },
  ];
}

function isRestore({ operation }: EngineRun): boolean {
  return operation.spec.type === "Restore";
}
