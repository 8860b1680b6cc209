import type { Clock } from "@vworkspace/kernel";
import { objectKey, type KubeObject } from "../kube-object";
import { applyConfiguration } from "../ownership/server-side-apply";
import { storageKey } from "../resources/resource-type";
import type { Store } from "../store/store";
import { readObject, targetApiVersion } from "./decode";
import { markDeleted, refusePermanent } from "./deletion";
import { listPage, type ListPage, type ListQuery } from "./lists";
import { isFinished } from "./object-lifecycle";
import { emptyObject, ObjectWriter } from "./object-writer";
import {
  requirePreconditions,
  requireResourceVersion,
  requireSameIdentity,
  requireSameName,
  requireSameObject,
} from "./preconditions";
import { badRequest, conflict, notFound, StatusError } from "./status-error";
import type {
  Deleted,
  DeleteOptions,
  RulesOf,
  Target,
  WriteOptions,
} from "./write-request";

export interface ApplyOptions extends WriteOptions {
  readonly isForced: boolean;
}

export interface Written {
  readonly object: KubeObject;
  readonly isCreated: boolean;
}

/**
 * The API's verbs on stored objects, without HTTP. Every verb is synchronous: it reads, decides and commits before
 * anything else happens. Throws StatusError only.
 */
export class ResourceApi {
  private readonly writer: ObjectWriter;

  constructor(
    readonly store: Store,
    clock: Clock,
    rulesOf: RulesOf,
  ) {
    this.writer = new ObjectWriter(store, clock, rulesOf);
  }

  get(target: Target, name: string): KubeObject {
    const found = this.find(target, name);
    if (!found) throw notFound(target.type, name);
    return found;
  }

  list(target: Target, query: ListQuery): ListPage {
    const page = listPage(this.store, target, query);
    return {
      ...page,
      items: page.items.map((object) => inVersion(object, target)),
    };
  }

  create(target: Target, body: unknown, options: WriteOptions): KubeObject {
    const next = readObject(body, target, options);
    if (next.metadata.resourceVersion !== undefined)
      throw new StatusError(
        500,
        "",
        "resourceVersion should not be set on objects to be created",
      );
    return this.writer.insert(target, { next, options, isApplied: false });
  }

  update(
    target: Target,
    name: string,
    body: unknown,
    options: WriteOptions,
  ): Written {
    const next = readObject(body, target, options);
    requireSameName(next.metadata, name);
    const write = { next, options, isApplied: false };
    const old = this.find(target, name);
    if (!old) {
      const isStatus = target.subresource === "status";
      if (isStatus || !target.type.isCreatedByUpdate)
        throw notFound(target.type, name);
      return { object: this.writer.insert(target, write), isCreated: true };
    }
    requireResourceVersion(target, next);
    requireSameObject(target.type, next.metadata, old.metadata);
    const object = this.writer.replace(target, old, write);
    return { object, isCreated: false };
  }

  /** @param patch makes the new object from the present one */
  patch(
    target: Target,
    name: string,
    patch: (object: KubeObject) => unknown,
    options: WriteOptions,
  ): KubeObject {
    const old = this.get(target, name);
    const next = readObject(patch(old), target, options);
    requireSameName(next.metadata, name);
    requireSameIdentity(target.type, next.metadata, old.metadata);
    return this.writer.replace(target, old, {
      next,
      options,
      isApplied: false,
    });
  }

  /** Server-side apply; creates what is not there. */
  apply(
    target: Target,
    name: string,
    body: unknown,
    options: ApplyOptions,
  ): Written {
    const config = readConfiguration(target, name, body, options);
    const { isForced } = options;
    const context = {
      ...this.writer.context(target, "Apply", options),
      isForced,
    };
    const old = this.find(target, name);
    if (!old) {
      refuseApplyToAbsent(target, config);
      const next = applyConfiguration(emptyObject(config), config, context);
      const write = { next, options, isApplied: true };
      return { object: this.writer.insert(target, write), isCreated: true };
    }
    requireSameIdentity(target.type, config.metadata, old.metadata);
    const next = applyConfiguration(old, config, context);
    const write = { next, options, isApplied: true };
    const object = this.writer.replace(target, old, write);
    return { object, isCreated: false };
  }

  delete(target: Target, name: string, options: DeleteOptions): Deleted {
    const { type } = target;
    const old = this.get(target, name);
    refusePermanent(type, name);
    requirePreconditions(type, old.metadata, options);
    const marked = markDeleted(old, type, options, this.writer.now());
    const isGone = isFinished(marked);
    if (options.isDryRun || marked === old) return { object: marked, isGone };
    return { object: this.writer.commit(target, marked), isGone };
  }

  private find(target: Target, name: string): KubeObject | undefined {
    const key = objectKey(target.namespace, name);
    const found = this.store.get(storageKey(target.type), key);
    return found && inVersion(found, target);
  }
}

function inVersion(object: KubeObject, target: Target): KubeObject {
  const apiVersion = targetApiVersion(target);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** The applied object without what its endpoint may not write. */
function readConfiguration(
  target: Target,
  name: string,
  body: unknown,
  options: WriteOptions,
): KubeObject {
  const config = readObject(body, target, options);
  if (config.metadata.managedFields !== undefined)
    throw badRequest("metadata.managedFields must be nil");
  if (config.metadata.name === "") config.metadata.name = name;
  requireSameName(config.metadata, name);
  const { status, ...rest } = config;
  if (target.subresource === "status")
    return {
      ...emptyObject(config),
      ...(status === undefined ? {} : { status }),
    };
  return target.version.hasStatus ? rest : config;
}

/** A resourceVersion fences nothing here, and so it is with the real server. */
function refuseApplyToAbsent(
  { type, subresource }: Target,
  { metadata }: KubeObject,
): void {
  if (subresource !== "") throw notFound(type, metadata.name);
  if (metadata.uid !== undefined)
    throw conflict(
      type,
      metadata.name,
      `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
    );
}
