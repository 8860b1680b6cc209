import { describeRef, type ObjectRef } from "@vworkspace/kube";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import { type EngineWork, isOurWork, somebodyElses } from "../engine-work";
import { foreignWords } from "../foreign-words";
import { decideBackup, progressOf } from "./velero-backup.decide";
import { deletionManifest } from "./velero-manifests";
import {
  hasBegun,
  isOver,
  type VeleroBackup,
  type VeleroRestore,
} from "./velero-objects";
import { decideRestore } from "./velero-restore.decide";
import type { VeleroSeen } from "./velero.observe";

const LOOK_AGAIN_MS = 5_000;

type Deletion = Extract<VeleroSeen, { for: "backup" }>["deletion"];

export function decideVelero(run: EngineRun, seen: VeleroSeen): EngineVerdict {
  return seen.for === "backup"
    ? decideBackup(run, seen)
    : decideRestore(run, seen);
}

export function endVelero(run: EngineRun, seen: VeleroSeen): EngineEnd {
  const { work } = seen;
  if (!isOurWork<VeleroBackup | VeleroRestore>(run, work))
    return nothingToEnd(run, work);
  const { ref, object } = work;
  if (object.metadata.deletionTimestamp !== undefined)
    return ending(`${describeRef(ref)} waits for Velero to let it go`);
  if (!hasBegun(object))
    return {
      ...ending(`${describeRef(ref)} is deleted before Velero begins`),
      action: { do: "delete", object, onlyAsSeen: true },
    };
  return seen.for === "backup"
    ? endBackup(run, object, ref, seen.deletion)
    : endRestore(object, ref);
}

function nothingToEnd(
  { outputs }: EngineRun,
  { ref, isServed, object }: EngineWork<VeleroBackup | VeleroRestore>,
): EngineEnd {
  const named = describeRef(ref);
  if (!isServed) return ended(`${named} went with the definition of its kind`);
  if (object !== undefined) return ended(`${somebodyElses(object)} and stays`);
  const output = ref.kind === "Backup" ? "backupName" : "restoreName";
  if (outputs[output] === undefined)
    return ended("Velero had not been given anything");
  return ended(
    ref.kind === "Backup"
      ? `${named} is gone`
      : `${named} is gone; what Velero had restored by then stays`,
  );
}

/** Velero can't cancel a backup: its end is awaited, then Velero deletes it, in its storage as well. */
function endBackup(
  run: EngineRun,
  backup: VeleroBackup,
  ref: ObjectRef,
  deletion: Deletion,
): EngineEnd {
  const named = describeRef(ref);
  // It never came to be in the storage.
  if (backup.status?.phase === "FailedValidation")
    return {
      ...ending(`${named} is deleted`),
      action: { do: "delete", object: backup },
    };
  if (deletion === undefined)
    return ending(
      `${named} can't be cancelled: it is deleted when Velero is through (${progressOf(backup)})`,
    );
  return endDeletion(run, ref, deletion);
}

function endDeletion(
  run: EngineRun,
  ref: ObjectRef,
  deletion: NonNullable<Deletion>,
): EngineEnd {
  const named = describeRef(ref);
  if (!deletion.isServed)
    return ended(
      `${named} is left: the cluster serves no ${deletion.ref.kind}`,
    );
  if (deletion.object === undefined)
    return {
      ...ending(`Velero is told to delete ${named}`),
      action: {
        do: "create",
        object: deletionManifest(run, deletion.ref, ref.name),
      },
    };
  if (!isOurWork(run, deletion))
    return ended(`${named} is left: ${somebodyElses(deletion.object)}`);
  const { phase, errors = [] } = deletion.object.status ?? {};
  return phase === "Processed" && errors.length > 0
    ? ended(
        `${named} is left: Velero could not delete it: ${foreignWords(errors, "no reason given")}`,
      )
    : ending(`Velero deletes ${named}`);
}

function endRestore(restore: VeleroRestore, ref: ObjectRef): EngineEnd {
  const named = describeRef(ref);
  if (isOver(restore))
    return ended(
      `${named} was over already (${restore.status?.phase ?? ""}); what it restored stays`,
    );
  return {
    ...ending(`${named} is deleted; what Velero has restored stays`),
    action: { do: "delete", object: restore },
  };
}

function ending(message: string) {
  return { state: "ending", message, recheckAfterMs: LOOK_AGAIN_MS } as const;
}

function ended(message: string): EngineEnd {
  return { state: "ended", message };
}
