import { randomUUID } from "node:crypto";
import type { Clock } from "@vworkspace/kernel";
import { objectKey, type KubeObject } from "../kube-object";
import {
  applyConfiguration,
  trackUpdate,
} from "../ownership/server-side-apply";
import type { WriteContext } from "../ownership/write-context";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../resources/built-in";
import { acceptDefinition } from "../resources/custom-resource";
import { storageKey } from "../resources/resource-type";
import type { Store } from "../store/store";
import { admit } from "./admission";
import { pruneAndDefault, readObject, targetApiVersion } from "./decode";
import { markDeleted } from "./deletion";
import { listPage, type ListPage, type ListQuery } from "./lists";
import {
  born,
  isFinished,
  isSameObject,
  withGeneration,
  writable,
} from "./object-lifecycle";
import {
  requirePreconditions,
  requireResourceVersion,
  requireSameName,
  requireSameIdentity,
  requireSameObject,
  requireUnchanged,
} from "./preconditions";
import {
  alreadyExists,
  badRequest,
  conflict,
  notFound,
  StatusError,
} from "./status-error";
import { validateObject } from "./validate-object";
import type {
  Deleted,
  DeleteOptions,
  RulesOf,
  Target,
  WriteOptions,
} from "./write-request";

/**
 * The API's verbs on stored objects, without HTTP. Every verb is synchronous: it reads, decides and commits before
 * anything else happens. Throws StatusError only.
 */
export class ResourceApi {
  constructor(
    readonly store: Store,
    private readonly clock: Clock,
    private readonly rulesOf: RulesOf,
  ) {}

  get(target: Target, name: string): KubeObject {
    const found = this.find(target, name);
    if (!found) throw notFound(target.type, name);
    return this.present(target, found);
  }

  list(target: Target, query: ListQuery): ListPage {
    const page = listPage(this.store, target, query);
    return {
      ...page,
      items: page.items.map((object) => this.present(target, object)),
    };
  }

  create(target: Target, body: unknown, options: WriteOptions): KubeObject {
    const object = readObject(body, target);
    if (object.metadata.resourceVersion !== undefined)
      throw new StatusError(
        500,
        "",
        "resourceVersion should not be set on objects to be created",
      );
    const complete = pruneAndDefault(object, target, options);
    return this.insert(target, complete, { ...options, isTracked: false });
  }

  update(
    target: Target,
    name: string,
    body: unknown,
    options: WriteOptions,
  ): KubeObject {
    const next = readObject(body, target);
    requireSameName(next.metadata, name);
    const old = this.find(target, name);
    if (!old) return this.updateAbsent(target, next, options);
    requireResourceVersion(target, next);
    return this.replace(target, old, { next, options });
  }

  /** @param patch makes the new object from the present one */
  patch(
    target: Target,
    name: string,
    patch: (object: KubeObject) => unknown,
    options: WriteOptions,
  ): KubeObject {
    const old = this.get(target, name);
    const next = readObject(patch(old), target);
    requireSameName(next.metadata, name);
    return this.replace(target, old, { next, options });
  }

  /** Server-side apply; creates what is not there. */
  apply(
    target: Target,
    name: string,
    body: unknown,
    options: WriteOptions & { readonly isForced: boolean },
  ): { object: KubeObject; isCreated: boolean } {
    const config = this.readConfiguration(target, name, body);
    const old = this.find(target, name);
    const context = {
      ...this.writeContext(target, "Apply", options),
      isForced: options.isForced,
    };
    if (!old) {
      if (target.subresource !== "") throw notFound(target.type, name);
      if (config.metadata.uid !== undefined)
        throw conflict(
          target.type,
          name,
          `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`,
        );
      const empty = emptyObject(config);
      const applied = applyConfiguration(empty, config, context);
      const complete = pruneAndDefault(applied, target, options);
      const object = this.insert(target, complete, {
        ...options,
        isTracked: true,
      });
      return { object, isCreated: true };
    }
    const live = this.present(target, old);
    const next = applyConfiguration(live, config, context);
    const object = this.replace(target, old, {
      next,
      options,
      isTracked: true,
    });
    return { object, isCreated: false };
  }

  delete(target: Target, name: string, options: DeleteOptions): Deleted {
    const { type } = target;
    const old = this.get(target, name);
    requirePreconditions(type, old.metadata, options);
    const marked = markDeleted(old, type, options, this.now());
    if (options.isDryRun) return { object: marked, isGone: isFinished(marked) };
    return this.commitDeletion(target, old, marked);
  }

  /** RFC 3339, whole seconds: the API's precision. */
  now(): string {
    return this.clock.timestamp().replace(/\.\d+Z$/, "Z");
  }

  private commitDeletion(
    target: Target,
    old: KubeObject,
    marked: KubeObject,
  ): Deleted {
    const resource = storageKey(target.type);
    if (isFinished(marked)) {
      this.store.remove(resource, keyOf(old));
      return { object: old, isGone: true };
    }
    const object = marked === old ? old : this.store.put(resource, marked);
    return { object, isGone: false };
  }

  private find(target: Target, name: string): KubeObject | undefined {
    const key = objectKey(target.namespace, name);
    return this.store.get(storageKey(target.type), key);
  }

  private present(target: Target, object: KubeObject): KubeObject {
    const apiVersion = targetApiVersion(target);
    return object.apiVersion === apiVersion
      ? object
      : { ...object, apiVersion };
  }

  private readConfiguration(
    target: Target,
    name: string,
    body: unknown,
  ): KubeObject {
    const read = readObject(body, target);
    if (read.metadata.managedFields !== undefined)
      throw badRequest("metadata.managedFields must be nil");
    if (read.metadata.name === "") read.metadata.name = name;
    requireSameName(read.metadata, name);
    if (target.subresource === "status") {
      const { apiVersion, kind, metadata, status } = read;
      return {
        apiVersion,
        kind,
        metadata: identityOf(metadata),
        ...(status === undefined ? {} : { status }),
      };
    }
    if (!target.version.hasStatus) return read;
    const { status: _, ...rest } = read;
    return rest as KubeObject;
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

  private insert(
    target: Target,
    object: KubeObject,
    options: WriteOptions & { readonly isTracked: boolean },
  ): KubeObject {
    const { type } = target;
    const fresh = born(object, target, { uid: randomUUID(), now: this.now() });
    const { name } = fresh.metadata;
    admit(this.store, target, fresh);
    const existing = this.find(target, name);
    if (existing) throw alreadyExists(type, name, existing);
    const prepared = this.prepare(target, fresh);
    const tracked = options.isTracked
      ? prepared
      : trackUpdate(
          emptyObject(prepared),
          prepared,
          this.writeContext(target, "Update", options),
        );
    validateObject(tracked, undefined, target, this.rulesOf);
    return options.isDryRun
      ? tracked
      : this.store.put(storageKey(type), tracked);
  }

  private replace(
    target: Target,
    old: KubeObject,
    write: { next: KubeObject; options: WriteOptions; isTracked?: boolean },
  ): KubeObject {
    const { type } = target;
    const { options } = write;
    if (!write.isTracked)
      requireUnchanged(type, write.next.metadata, old.metadata);
    const complete = pruneAndDefault(write.next, target, options);
    const own = writable(complete, old, target);
    const isMain = target.subresource === "";
    const prepared = isMain ? this.prepare(target, own, old) : own;
    const tracked = write.isTracked
      ? prepared
      : trackUpdate(
          old,
          prepared,
          this.writeContext(target, "Update", options),
        );
    const next = isMain ? withGeneration(tracked, old, target) : tracked;
    validateObject(next, old, target, this.rulesOf);
    if (options.isDryRun || isSameObject(next, old))
      return options.isDryRun ? next : this.present(target, old);
    if (!isFinished(next)) return this.store.put(storageKey(type), next);
    this.store.remove(storageKey(type), keyOf(old), next);
    return next;
  }

  /** Leases may be created by an update; nothing else here. */
  private updateAbsent(
    target: Target,
    next: KubeObject,
    options: WriteOptions,
  ): KubeObject {
    const mayCreate =
      target.type.plural === "leases" && target.subresource === "";
    if (!mayCreate) throw notFound(target.type, next.metadata.name);
    return this.insert(target, next, { ...options, isTracked: false });
  }

  private writeContext(
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
}

function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata.namespace, metadata.name);
}

function identityOf({
  name,
  namespace,
  uid,
  resourceVersion,
}: KubeObject["metadata"]): KubeObject["metadata"] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function emptyObject({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: identityOf(metadata) };
}
