import { randomUUID } from "node:crypto";
import type { Clock } from "@vworkspace/kernel";
import { objectKey, type KubeObject, type Metadata } from "../kube-object";
import { trackUpdate } from "../ownership/server-side-apply";
import type { WriteContext } from "../ownership/write-context";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../resources/built-in";
import { acceptDefinition } from "../resources/custom-resource";
import { storageKey } from "../resources/resource-type";
import type { Store } from "../store/store";
import { admit } from "./admission";
import { pruneAndDefault, targetApiVersion } from "./decode";
import {
  born,
  isFinished,
  isSameObject,
  withGeneration,
  writable,
} from "./object-lifecycle";
import { requireUnchanged } from "./preconditions";
import { alreadyExists } from "./status-error";
import { validateObject } from "./validate-object";
import type { RulesOf, Target, WriteOptions } from "./write-request";

/** A write whose new state is known. */
export interface ObjectWrite {
  readonly next: KubeObject;
  readonly options: WriteOptions;
  /** True: server-side apply has written managedFields; false: they follow from what differs. */
  readonly isApplied: boolean;
}

/** What every write goes through between its new state and the store. Throws StatusError only. */
export class ObjectWriter {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly rulesOf: RulesOf,
  ) {}

  /** RFC 3339, whole seconds: the API's precision. */
  now(): string {
    return this.clock.timestamp().replace(/\.\d+Z$/, "Z");
  }

  context(
    target: Target,
    operation: "Apply" | "Update",
    options: WriteOptions,
  ): WriteContext {
    return {
      writer: {
        manager: options.fieldManager,
        operation,
        apiVersion: targetApiVersion(target),
        subresource: target.subresource,
      },
      schema: target.version.schema,
      hasStatus: target.version.hasStatus,
      now: this.now(),
    };
  }

  insert(target: Target, write: ObjectWrite): KubeObject {
    const { options, isApplied } = write;
    const { type } = target;
    const complete = this.complete(target, write);
    const birth = { uid: randomUUID(), now: this.now() };
    const fresh = born(complete, target, birth);
    admit(this.store, target, fresh);
    const key = objectKey(target.namespace, fresh.metadata.name);
    const existing = this.store.get(storageKey(type), key);
    if (existing) throw alreadyExists(type, existing);
    const prepared = this.prepare(target, fresh);
    const next = isApplied
      ? prepared
      : trackUpdate(
          emptyObject(prepared),
          prepared,
          this.context(target, "Update", options),
        );
    validateObject(next, undefined, target, this.rulesOf);
    return options.isDryRun ? next : this.store.put(storageKey(type), next);
  }

  replace(target: Target, old: KubeObject, write: ObjectWrite): KubeObject {
    const { options, isApplied } = write;
    requireUnchanged(target.type, write.next.metadata, old.metadata);
    const own = writable(this.complete(target, write), old, target);
    const isMain = target.subresource === "";
    const prepared = isMain ? this.prepare(target, own, old) : own;
    const tracked = isApplied
      ? prepared
      : trackUpdate(old, prepared, this.context(target, "Update", options));
    const next = isMain ? withGeneration(tracked, old, target) : tracked;
    validateObject(next, old, target, this.rulesOf);
    if (options.isDryRun) return next;
    return isSameObject(next, old) ? old : this.commit(target, next);
  }

  /** Stores the object; one that is deleted and held by nothing any more is removed. */
  commit(target: Target, next: KubeObject): KubeObject {
    const resource = storageKey(target.type);
    if (!isFinished(next)) return this.store.put(resource, next);
    const { namespace, name } = next.metadata;
    this.store.remove(resource, objectKey(namespace, name));
    return next;
  }

  private complete(target: Target, write: ObjectWrite): KubeObject {
    const options = { ...write.options, keepsNulls: write.isApplied };
    return pruneAndDefault(write.next, target, options);
  }

  /** What the API does to built-in kinds, and to definitions, before it looks at who changed what. */
  private prepare(
    { type }: Target,
    object: KubeObject,
    old?: KubeObject,
  ): KubeObject {
    if (type === CUSTOM_RESOURCE_DEFINITIONS)
      return acceptDefinition(
        object,
        (group, kind) => this.rulesOf(group, kind).length > 0,
      );
    return type.prepare?.(object, old) ?? object;
  }
}

/** An object of which nothing is there yet but what tells it apart. */
export function emptyObject(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, metadata: identityOf(metadata) };
}

function identityOf(metadata: Metadata): Metadata {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
