import { mergePatch } from "../api/patches";
import type { ResourceApi } from "../api/resource-api";
import { StatusError } from "../api/status-error";
import type { DeleteOptions, Target } from "../api/write-request";
import type { KubeObject } from "../kube-object";
import type { Catalog } from "../resources/catalog";
import { storageKey } from "../resources/resource-type";

export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface ObjectRef extends KindRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** The API as a controller inside the simulator uses it: by kind and name, under a field manager of its own. */
export class ClusterAccess {
  constructor(
    readonly api: ResourceApi,
    readonly catalog: Catalog,
    private readonly fieldManager: string,
  ) {}

  get(ref: ObjectRef): KubeObject | undefined {
    const target = this.target(ref, "");
    return target && unlessMissing(() => this.api.get(target, ref.name));
  }

  /** In no order: sorting all objects for each of many would cost more than all else. */
  select(
    kind: KindRef,
    isWanted: (object: KubeObject) => boolean,
  ): KubeObject[] {
    const served = this.catalog.findKind(kind.apiVersion, kind.kind);
    if (!served) return [];
    const found: KubeObject[] = [];
    for (const object of this.api.store.scan(storageKey(served.type)))
      if (isWanted(object)) found.push(object);
    return found;
  }

  /** Creates or changes it, whoever owns its fields. */
  apply(object: KubeObject): KubeObject | undefined {
    const target = this.target(refOf(object), "");
    if (!target) return undefined;
    const options = { fieldManager: this.fieldManager, isForced: true };
    const { name } = object.metadata;
    return this.api.apply(target, name, object, options).object;
  }

  /** JSON merge patch; nothing when the object is gone. */
  patch(
    ref: ObjectRef,
    patch: object,
    subresource: Target["subresource"] = "",
  ): KubeObject | undefined {
    const target = this.target(ref, subresource);
    const options = { fieldManager: this.fieldManager };
    return (
      target &&
      unlessMissing(() =>
        this.api.patch(
          target,
          ref.name,
          (object) => mergePatch(object, patch),
          options,
        ),
      )
    );
  }

  /** Nothing when the object is gone. */
  delete(ref: ObjectRef, options: DeleteOptions = {}): void {
    const target = this.target(ref, "");
    if (target) unlessMissing(() => this.api.delete(target, ref.name, options));
  }

  addFinalizer(object: KubeObject, finalizer: string): void {
    const finalizers = object.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer))
      this.patchFinalizers(object, [...finalizers, finalizer]);
  }

  removeFinalizer(object: KubeObject, finalizer: string): void {
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(finalizer))
      this.patchFinalizers(
        object,
        finalizers.filter((one) => one !== finalizer),
      );
  }

  private patchFinalizers(object: KubeObject, finalizers: string[]): void {
    this.patch(refOf(object), { metadata: { finalizers } });
  }

  private target(
    ref: ObjectRef,
    subresource: Target["subresource"],
  ): Target | undefined {
    const served = this.catalog.findKind(ref.apiVersion, ref.kind);
    return served && { ...served, namespace: ref.namespace, subresource };
  }
}

export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, namespace };
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}
