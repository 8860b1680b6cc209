import { describeRef } from "@vworkspace/kube";
import type { VeleroParameters } from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "../engine";
import { isMadeByOperation } from "../engine-objects";
import { foreignWords } from "../foreign-words";
import { snapshotClassAnnotation, sourceNamespaces } from "./velero-manifests";
import { isOver, isUsable, type VeleroBackup } from "./velero-objects";
import type { BeforeBackup, BeforeRestore } from "./velero.observe";

/** Velero brings in the backups of other clusters from the storage every minute. */
const PATIENCE_MS = 10 * 60_000;
const LOOK_AGAIN_MS = 15_000;
/** Kubernetes allows so many characters after the slash of an annotation's name. */
const MOST_OF_A_NAME = 63;

/** What keeps a backup from being made; undefined: nothing. */
export function backupObstacle(
  run: EngineRun,
  { neighbours, snapshotClass }: BeforeBackup,
): EngineVerdict | undefined {
  const { csiSnapshotClassName: name } = run.parameters as VeleroParameters;
  return (
    neighbourObstacle(run, neighbours) ??
    (name === undefined
      ? undefined
      : snapshotClassObstacle(run, name, snapshotClass?.driver))
  );
}

/** What keeps a restore from being made; undefined: nothing. */
export function restoreObstacle(
  run: EngineRun,
  { neighbours, backupRef, backup }: BeforeRestore,
): EngineVerdict | undefined {
  const named = describeRef(backupRef);
  const among = neighbourObstacle(run, neighbours);
  if (among) return among;
  if (backup === undefined) return waited(run, `there is no ${named}`);
  return (
    usabilityObstacle(run, named, backup) ?? sourceObstacle(run, named, backup)
  );
}

function neighbourObstacle(
  { parameters, namespace }: EngineRun,
  neighbours: readonly string[],
): EngineVerdict | undefined {
  const labels = Object.keys(
    (parameters as VeleroParameters).labelSelector ?? {},
  );
  if (labels.length > 0 || neighbours.length === 0) return undefined;
  const names = neighbours.slice(0, 3).join(", ");
  return unmet(
    `namespace ${namespace} holds other ApplicationInstances too (${names}): parameters.labelSelector must say which objects are meant`,
  );
}

function snapshotClassObstacle(
  run: EngineRun,
  name: string,
  driver: string | undefined,
): EngineVerdict | undefined {
  if (driver === undefined)
    return waited(run, `there is no VolumeSnapshotClass ${name}`);
  const [, part = ""] = snapshotClassAnnotation(driver).split("/");
  if (part.length <= MOST_OF_A_NAME) return undefined;
  return unmet(
    `VolumeSnapshotClass ${name} can't be named to Velero: the name of its driver ${driver} is too long; leave out parameters.csiSnapshotClassName and label the class velero.io/csi-volumesnapshot-class`,
  );
}

function usabilityObstacle(
  run: EngineRun,
  named: string,
  backup: VeleroBackup,
): EngineVerdict | undefined {
  if (isUsable(backup)) return undefined;
  const { phase = "New", failureReason } = backup.status ?? {};
  if (!isOver(backup)) return waited(run, `${named} is ${phase}`);
  const why = foreignWords(failureReason, phase);
  return unmet(`${named} can't be restored: ${why}`);
}

/**
 * Velero reads any namespace for whoever asks. Another namespace than the operation's comes in only from a backup that an
 * operation has made: it is of a namespace that opted in.
 */
function sourceObstacle(
  run: EngineRun,
  named: string,
  backup: VeleroBackup,
): EngineVerdict | undefined {
  const { includedNamespaces = [] } = backup.spec ?? {};
  const holdsAll =
    includedNamespaces.length === 0 || includedNamespaces.includes("*");
  for (const source of sourceNamespaces(run)) {
    if (!holdsAll && !includedNamespaces.includes(source))
      return unmet(
        `${named} holds nothing of namespace ${source}, but of ${includedNamespaces.slice(0, 3).join(", ")}: name it in parameters.namespaceMapping`,
      );
    if (source !== run.namespace && !isMadeByOperation(backup))
      return unmet(
        `${named} was made by no operation: only namespace ${run.namespace} itself may be restored from it, not ${source}`,
      );
  }
  return undefined;
}

function waited(run: EngineRun, what: string): EngineVerdict {
  if (run.now - run.startedAt >= PATIENCE_MS)
    return unmet(`${what}, ten minutes after the operation was started`);
  return {
    state: "working",
    reason: "EngineStarted",
    message: `It waits, since ${what}`,
    recheckAfterMs: LOOK_AGAIN_MS,
  };
}

function unmet(message: string): EngineVerdict {
  return { state: "failed", reason: "PreconditionFailed", message };
}
