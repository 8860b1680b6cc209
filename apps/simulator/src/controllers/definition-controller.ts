import type { Clock } from "@vworkspace/kernel";
import { isEqual, valueAt } from "../json";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../resources/built-in";
import { acceptedStatus, customResource } from "../resources/custom-resource";
import { storageKey } from "../resources/resource-type";
import type { Change } from "../store/store";
import { refOf, type ClusterAccess } from "./cluster-access";
import type { Controller } from "./controller";
import { DelayedWork } from "./delayed-work";

const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";
const DEFINITIONS = storageKey(CUSTOM_RESOURCE_DEFINITIONS);

/** Serves what is defined; with a definition all its objects go, each as its finalizers allow. */
export class DefinitionController implements Controller {
  private readonly work: DelayedWork;

  /** @param onUnserved told the storage key of a resource that is served no longer */
  constructor(
    private readonly cluster: ClusterAccess,
    private readonly clock: Clock,
    private readonly handlers: {
      onUnserved(resource: string): void;
      onError(error: unknown): void;
    },
  ) {
    this.work = new DelayedWork(
      clock,
      (name) => this.sync(name),
      (error) => handlers.onError(error),
    );
  }

  onChange({ resource, type, object }: Change): void {
    const { name } = object.metadata;
    if (resource !== DEFINITIONS) {
      // An object of a kind that is going away has gone: perhaps it was the last.
      if (type === "DELETED") this.work.schedule(resource);
      return;
    }
    if (type === "DELETED") {
      this.cluster.catalog.undefine(name);
      this.handlers.onUnserved(name);
      return;
    }
    this.cluster.catalog.define(object);
    this.work.schedule(name);
  }

  stop(): void {
    this.work.stop();
  }

  private sync(name: string): void {
    const definition = this.cluster.api.store.get(DEFINITIONS, name);
    if (!definition) return;
    if (definition.metadata.deletionTimestamp === undefined) {
      this.cluster.addFinalizer(definition, CLEANUP);
      const accepted = valueAt(definition, "status", "acceptedNames");
      if (isEqual(accepted, valueAt(definition, "spec", "names"))) return;
      const now = this.clock.timestamp().replace(/\.\d+Z$/, "Z");
      const status = acceptedStatus(definition, now);
      this.cluster.patch(refOf(definition), { status }, "status");
      return;
    }
    const type = customResource(definition);
    const [version] = type.versions;
    const { api } = this.cluster;
    let left = 0;
    for (const [, object] of api.store.list(name)) {
      const { namespace } = object.metadata;
      const target = { type, version, namespace, subresource: "" } as const;
      if (!api.delete(target, object.metadata.name, {}).isGone) left += 1;
    }
    if (left === 0) this.cluster.removeFinalizer(definition, CLEANUP);
  }
}
