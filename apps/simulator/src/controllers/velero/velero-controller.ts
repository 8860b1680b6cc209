import { stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { Change } from "../../store/store";
import { refOf, type ClusterAccess } from "../cluster-access";
import type { Controller } from "../controller";
import { PacedWork, type Surroundings } from "../paced-work";
import { namespacesOf, selectKept, selectObjects } from "./backed-up-objects";
import { BackupStorage } from "./backup-storage";
import { restoreObject } from "./restored-object";
import { veleroCourse } from "./velero-course";
import {
  BACKUP,
  BACKUP_STORAGE_LOCATION,
  RESOURCE_OF,
  RESTORE,
  VELERO_NAMESPACE,
} from "./velero-kinds";
import {
  isOver,
  nextStatus,
  phaseOf,
  progressOf,
  type VeleroSeen,
} from "./velero-status.decide";
import { expirationOf } from "./velero-times";

const RESOURCES: readonly string[] = Object.values(RESOURCE_OF);
const USABLE = ["Completed", "PartiallyFailed"];
const namespace = VELERO_NAMESPACE;

/** Stands in for Velero: keeps the objects of a namespace, gives them back, and deletes what it kept. Of volumes it knows nothing. */
export class VeleroController implements Controller {
  private readonly work: PacedWork;
  private readonly storage: BackupStorage;

  constructor(
    private readonly cluster: ClusterAccess,
    private readonly surroundings: Surroundings,
  ) {
    this.storage = new BackupStorage(cluster);
    this.work = new PacedWork(surroundings, {
      look: (id) => this.look(id),
      finish: (id) => this.step(id),
    });
  }

  onChange({ resource, key, object }: Change): void {
    const isOurs = object.metadata.namespace === namespace;
    if (isOurs && RESOURCES.includes(resource))
      this.work.look(`${resource} ${key}`);
  }

  stop(): void {
    this.work.stop();
  }

  private look(id: string): void {
    const object = this.find(id);
    if (object && !isOver(object) && phaseOf(object) !== "Processed")
      this.work.finish(id);
    const [resource = "", key = ""] = id.split(" ");
    // A backup that somebody else deletes: what it held goes with it here.
    if (!object && resource === RESOURCE_OF.Backup)
      this.storage.drop(key.slice(namespace.length + 1));
  }

  private step(id: string): void {
    const object = this.find(id);
    if (!object) return;
    if (object.kind === BACKUP.kind) this.backUp(object);
    else if (object.kind === RESTORE.kind) this.restore(object);
    else this.deleteBackup(object);
  }

  private backUp(backup: KubeObject): void {
    const { name } = backup.metadata;
    const problem = this.locationProblem(backup);
    const isNew = phaseOf(backup) === "" && problem === undefined;
    const objects = isNew ? selectObjects(backup, this.cluster) : [];
    if (isNew) this.storage.keep(name, objects);
    const now = this.now();
    const begun = {
      version: 1,
      formatVersion: "1.1.0",
      expiration: expirationOf(backup, now),
    };
    const seen = this.seen(backup, { problem, total: objects.length, begun });
    this.report(backup, nextStatus(backup, "itemsBackedUp", seen));
  }

  private restore(restore: KubeObject): void {
    const backup = stringAt(restore, "spec", "backupName");
    const kept = selectKept(restore, this.storage.read(backup), this.cluster);
    const problem = this.backupProblem(backup);
    const seen = this.seen(restore, { problem, total: kept.length });
    const status = nextStatus(restore, "itemsRestored", seen);
    const { done: from } = progressOf(restore, "itemsRestored");
    const { done: to } = progressOf({ ...restore, status }, "itemsRestored");
    const warned = kept
      .slice(from, to)
      .filter((object) => restoreObject(this.cluster, restore, object));
    const { warnings = 0 } = (restore["status"] ?? {}) as { warnings?: number };
    const more = warned.length > 0 && { warnings: warnings + warned.length };
    this.report(restore, status && { ...status, ...more });
  }

  /** As Velero does: with the backup go its content, its restores, and the request when all went well. */
  private deleteBackup(request: KubeObject): void {
    const name = stringAt(request, "spec", "backupName");
    const backup = this.cluster.get({ ...BACKUP, namespace, name });
    if (!backup || !isOver(backup)) {
      const why = backup ? "backup is still in progress" : "backup not found";
      this.report(request, { phase: "Processed", errors: [why] });
      return;
    }
    this.report(backup, { phase: "Deleting" });
    this.storage.drop(name);
    for (const restore of this.cluster.select(
      RESTORE,
      (one) => stringAt(one, "spec", "backupName") === name,
    ))
      this.cluster.delete(refOf(restore));
    this.cluster.delete(refOf(backup));
    this.cluster.delete(refOf(request));
  }

  private seen(
    object: KubeObject,
    known: Pick<VeleroSeen, "problem" | "total" | "begun">,
  ): VeleroSeen {
    const { courses } = this.surroundings;
    return {
      ...known,
      now: this.now(),
      end: () => veleroCourse(object, this.cluster, courses),
    };
  }

  private locationProblem(backup: KubeObject): string | undefined {
    if (namespacesOf(backup).length === 0)
      return "the simulator backs up named namespaces only: spec.includedNamespaces is empty";
    const name = stringAt(backup, "spec", "storageLocation") || "default";
    return this.cluster.get({ ...BACKUP_STORAGE_LOCATION, namespace, name })
      ? undefined
      : `backupstoragelocations.velero.io "${name}" not found`;
  }

  private backupProblem(name: string): string | undefined {
    const backup = this.cluster.get({ ...BACKUP, namespace, name });
    if (!backup) return `backups.velero.io "${name}" not found`;
    const phase = phaseOf(backup);
    return USABLE.includes(phase)
      ? undefined
      : `backup ${name} is ${phase || "New"}`;
  }

  private find(id: string): KubeObject | undefined {
    const [resource = "", key = ""] = id.split(" ");
    return this.cluster.api.store.get(resource, key);
  }

  private now(): string {
    return this.surroundings.clock.timestamp().replace(/\.\d+Z$/, "Z");
  }

  private report(object: KubeObject, status: object | undefined): void {
    if (status) this.cluster.patch(refOf(object), { status });
  }
}
