import type { Clock } from "@vworkspace/kernel";
import { objectKey } from "../kube-object";
import { NAMESPACES, SERVICE_ACCOUNTS } from "../resources/built-in";
import { storageKey } from "../resources/resource-type";
import type { Change } from "../store/store";
import type { ClusterAccess } from "./cluster-access";
import type { Controller } from "./controller";
import { DelayedWork } from "./delayed-work";

const SERVICE_ACCOUNT = { apiVersion: "v1", kind: "ServiceAccount" };

/** Gives a namespace its service account "default"; empties one that is being deleted, then lets it go. */
export class NamespaceController implements Controller {
  private readonly work: DelayedWork;

  constructor(
    private readonly cluster: ClusterAccess,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.work = new DelayedWork(clock, (name) => this.sync(name), onError);
  }

  onChange({ resource, type, object }: Change): void {
    const { name, namespace } = object.metadata;
    if (resource === storageKey(NAMESPACES)) this.work.schedule(name);
    else if (type === "DELETED" && namespace !== undefined)
      this.work.schedule(namespace);
  }

  stop(): void {
    this.work.stop();
  }

  private sync(name: string): void {
    const { store } = this.cluster.api;
    const namespace = store.get(storageKey(NAMESPACES), name);
    if (!namespace) return;
    if (namespace.metadata.deletionTimestamp === undefined) {
      this.ensureServiceAccount(name);
      return;
    }
    if (this.empty(name) > 0) return;
    const isHeld = (namespace.metadata.finalizers ?? []).length > 0;
    if (!isHeld) store.remove(storageKey(NAMESPACES), name);
    else if (!isFinalized(namespace["spec"]))
      store.put(storageKey(NAMESPACES), { ...namespace, spec: {} });
  }

  private ensureServiceAccount(namespace: string): void {
    const key = objectKey(namespace, "default");
    if (this.cluster.api.store.get(storageKey(SERVICE_ACCOUNTS), key)) return;
    const metadata = { name: "default", namespace };
    this.cluster.apply({ ...SERVICE_ACCOUNT, metadata });
  }

  /** @returns how many objects are still there, held by finalizers */
  private empty(namespace: string): number {
    const { api, catalog } = this.cluster;
    let left = 0;
    for (const type of catalog
      .all()
      .filter(({ isNamespaced }) => isNamespaced)) {
      const [version] = type.versions;
      const target = { type, version, namespace, subresource: "" } as const;
      for (const { metadata } of api.list(target, {}).items)
        if (!api.delete(target, metadata.name, {}).isGone) left += 1;
    }
    return left;
  }
}

function isFinalized(spec: unknown): boolean {
  return JSON.stringify(spec ?? {}) === "{}";
}
