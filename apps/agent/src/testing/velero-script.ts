import type { KubeApi, ObjectRef } from "@vworkspace/kube";
import {
  BACKUP,
  DELETE_BACKUP_REQUEST,
  RESTORE,
} from "../engines/velero/velero-objects";

const VELERO = { fieldManager: "velero" };

/** Velero, as far as a test has it go: each call is one step of its. */
export class VeleroScript {
  constructor(
    private readonly api: KubeApi,
    private readonly namespace: string,
  ) {}

  /** The objects have no status of their own to write: Velero patches them whole. */
  async backup(name: string, status: object): Promise<void> {
    await this.api.patch(this.ref(BACKUP, name), { status }, VELERO);
  }

  async restore(name: string, status: object): Promise<void> {
    await this.api.patch(this.ref(RESTORE, name), { status }, VELERO);
  }

  /** Brings in a backup out of the storage. */
  async synced(name: string, metadata: object, spec: object): Promise<void> {
    await this.api.create(
      {
        ...BACKUP,
        metadata: { name, namespace: this.namespace, ...metadata },
        spec,
        status: { phase: "Completed" },
      },
      VELERO,
    );
  }

  /** Does what a DeleteBackupRequest asks for, or says why not. */
  async deletes(name: string, errors: readonly string[] = []): Promise<void> {
    const request = this.ref(DELETE_BACKUP_REQUEST, name);
    const found = await this.api.get(request);
    const { backupName } = (found?.["spec"] ?? {}) as { backupName?: string };
    if (backupName === undefined) throw new Error(`There is no ${name}.`);
    await this.backup(backupName, { phase: "Deleting" });
    if (errors.length > 0) {
      const status = { phase: "Processed", errors };
      await this.api.patch(request, { status }, VELERO);
      return;
    }
    await this.gone(backupName);
    await this.api.delete(request);
  }

  /** Somebody deletes a backup. */
  async gone(name: string): Promise<void> {
    await this.api.delete(this.ref(BACKUP, name));
  }

  private ref(
    kind: Pick<ObjectRef, "apiVersion" | "kind">,
    name: string,
  ): ObjectRef {
    return { ...kind, namespace: this.namespace, name };
  }
}
