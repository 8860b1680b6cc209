import type { ObjectRef } from "@vworkspace/kube";
import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  type VeleroParameters,
} from "@vworkspace/resources";
import type { EngineReads, EngineRun } from "../engine";
import { engineObjectName } from "../engine-objects";
import { type EngineWork, readWork } from "../engine-work";
import {
  BACKUP,
  DELETE_BACKUP_REQUEST,
  type DeleteBackupRequest,
  isOver,
  RESTORE,
  type VeleroBackup,
  type VeleroRestore,
  VOLUME_SNAPSHOT_CLASS,
  type VolumeSnapshotClass,
} from "./velero-objects";

export type VeleroSeen =
  | {
      readonly for: "backup";
      readonly work: EngineWork<VeleroBackup>;
      readonly before?: BeforeBackup;
      /** Of a backup that is over. */
      readonly deletion?: EngineWork<DeleteBackupRequest>;
    }
  | {
      readonly for: "restore";
      readonly work: EngineWork<VeleroRestore>;
      readonly before?: BeforeRestore;
    };

/** What matters only while there is nothing yet. */
interface Before {
  /** Names of other instances of the namespace that are more than a placeholder. */
  readonly neighbours: readonly string[];
}

export interface BeforeBackup extends Before {
  readonly snapshotClass?: VolumeSnapshotClass;
}

export interface BeforeRestore extends Before {
  readonly backupRef: ObjectRef;
  readonly backup?: VeleroBackup;
}

/** Reads what the engine's decisions rest on. */
export class VeleroObserver {
  constructor(
    private readonly api: EngineReads["api"],
    private readonly veleroNamespace: string,
  ) {}

  observe(run: EngineRun): Promise<VeleroSeen> {
    return run.operation.spec.type === "Backup"
      ? this.backup(run)
      : this.restore(run);
  }

  private async backup(run: EngineRun): Promise<VeleroSeen> {
    const work = await readWork<VeleroBackup>(
      this.api,
      this.ref(BACKUP, engineObjectName(run.uid)),
    );
    const seen = { for: "backup", work } as const;
    if (work.isServed && work.object === undefined)
      return { ...seen, before: await this.beforeBackup(run) };
    const { phase } = work.object?.status ?? {};
    if (!work.object || !(isOver(work.object) || phase === "Deleting"))
      return seen;
    const deletion = await readWork<DeleteBackupRequest>(
      this.api,
      this.ref(DELETE_BACKUP_REQUEST, engineObjectName(run.uid, "delete")),
    );
    return { ...seen, deletion };
  }

  private async restore(run: EngineRun): Promise<VeleroSeen> {
    const work = await readWork<VeleroRestore>(
      this.api,
      this.ref(RESTORE, engineObjectName(run.uid)),
    );
    const seen = { for: "restore", work } as const;
    return work.isServed && work.object === undefined
      ? { ...seen, before: await this.beforeRestore(run) }
      : seen;
  }

  private async beforeBackup(run: EngineRun): Promise<BeforeBackup> {
    const { csiSnapshotClassName: name } = run.parameters as VeleroParameters;
    const snapshotClass =
      name === undefined
        ? undefined
        : await this.api.get<VolumeSnapshotClass>({
            ...VOLUME_SNAPSHOT_CLASS,
            name,
          });
    return {
      neighbours: await this.neighbours(run),
      ...(snapshotClass && { snapshotClass }),
    };
  }

  private async beforeRestore(run: EngineRun): Promise<BeforeRestore> {
    const { backupName = "" } = run.parameters as VeleroParameters;
    const backupRef = this.ref(BACKUP, backupName);
    const { object } = await readWork<VeleroBackup>(this.api, backupRef);
    return {
      neighbours: await this.neighbours(run),
      backupRef,
      ...(object && { backup: object }),
    };
  }

  private async neighbours({
    namespace,
    target,
  }: EngineRun): Promise<readonly string[]> {
    const instances = (await this.api.list(APPLICATION_INSTANCE, {
      namespace,
    })) as unknown as ApplicationInstance[];
    return instances
      .filter(({ spec }) => spec?.mode !== "placeholder")
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== target.metadata.name);
  }

  private ref(
    kind: Pick<ObjectRef, "apiVersion" | "kind">,
    name: string,
  ): ObjectRef {
    return { ...kind, namespace: this.veleroNamespace, name };
  }
}
