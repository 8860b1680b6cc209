import type { Clock } from "@vworkspace/kernel";
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "../api/deletion";
import { objectKey, type KubeObject } from "../kube-object";
import type { Change } from "../store/store";
import { refOf, type ClusterAccess } from "./cluster-access";
import type { Controller } from "./controller";
import { DelayedWork } from "./delayed-work";

interface Place {
  readonly resource: string;
  readonly key: string;
}

/** Deletes objects whose owners are all gone, and finishes deletions that wait for dependents or let them go. */
export class GarbageCollector implements Controller {
  private readonly places = new Map<string, Place>();
  private readonly dependents = new Map<string, Set<string>>();
  private readonly work: DelayedWork;

  constructor(
    private readonly cluster: ClusterAccess,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.work = new DelayedWork(clock, (uid) => this.sync(uid), onError);
  }

  onChange({ resource, type, object }: Change): void {
    if (type === "DELETED") {
      this.forget(object);
      return;
    }
    this.learn(resource, object);
    const { uid = "", ownerReferences = [], finalizers = [] } = object.metadata;
    const isHeld =
      finalizers.includes(FOREGROUND_FINALIZER) ||
      finalizers.includes(ORPHAN_FINALIZER);
    if (ownerReferences.length > 0 || isHeld) this.work.schedule(uid);
  }

  stop(): void {
    this.work.stop();
  }

  private learn(resource: string, { metadata }: KubeObject): void {
    const { uid = "", namespace, name } = metadata;
    this.places.set(uid, { resource, key: objectKey(namespace, name) });
    for (const owner of metadata.ownerReferences ?? []) {
      const own = this.dependents.get(owner.uid) ?? new Set();
      this.dependents.set(owner.uid, own.add(uid));
    }
  }

  /** Its dependents have lost an owner; its owners may have been waiting for it. */
  private forget({ metadata }: KubeObject): void {
    const { uid = "", ownerReferences = [] } = metadata;
    this.places.delete(uid);
    for (const dependent of this.dependents.get(uid) ?? [])
      this.work.schedule(dependent);
    for (const owner of ownerReferences) {
      this.dependents.get(owner.uid)?.delete(uid);
      this.work.schedule(owner.uid);
    }
  }

  private sync(uid: string): void {
    const object = this.find(uid);
    if (!object) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp === undefined) this.collect(object, uid);
    else if (finalizers.includes(ORPHAN_FINALIZER)) this.orphan(object, uid);
    else if (finalizers.includes(FOREGROUND_FINALIZER))
      this.foreground(object, uid);
  }

  private collect(object: KubeObject, uid: string): void {
    const owners = object.metadata.ownerReferences ?? [];
    const isAbandoned =
      owners.length > 0 && owners.every((owner) => !this.places.has(owner.uid));
    if (isAbandoned)
      this.cluster.delete(refOf(object), { preconditions: { uid } });
  }

  private orphan(owner: KubeObject, uid: string): void {
    for (const dependent of this.dependentsOf(uid)) {
      const ownerReferences = (dependent.metadata.ownerReferences ?? []).filter(
        (reference) => reference.uid !== uid,
      );
      this.cluster.patch(refOf(dependent), { metadata: { ownerReferences } });
    }
    this.dependents.delete(uid);
    this.cluster.removeFinalizer(owner, ORPHAN_FINALIZER);
  }

  private foreground(owner: KubeObject, uid: string): void {
    const dependents = this.dependentsOf(uid);
    for (const dependent of dependents)
      if (dependent.metadata.deletionTimestamp === undefined)
        this.cluster.delete(refOf(dependent), {
          propagationPolicy: "Foreground",
        });
    const isBlocked = this.dependentsOf(uid).some(({ metadata }) =>
      metadata.ownerReferences?.some(
        (reference) => reference.uid === uid && reference.blockOwnerDeletion,
      ),
    );
    if (!isBlocked) this.cluster.removeFinalizer(owner, FOREGROUND_FINALIZER);
  }

  private dependentsOf(uid: string): KubeObject[] {
    return [...(this.dependents.get(uid) ?? [])].flatMap((dependent) => {
      const object = this.find(dependent);
      return object?.metadata.ownerReferences?.some((one) => one.uid === uid)
        ? [object]
        : [];
    });
  }

  private find(uid: string): KubeObject | undefined {
    const place = this.places.get(uid);
    if (!place) return undefined;
    const found = this.cluster.api.store.get(place.resource, place.key);
    return found?.metadata.uid === uid ? found : undefined;
  }
}
