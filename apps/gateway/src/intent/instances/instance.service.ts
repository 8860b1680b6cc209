import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { DeliveryService } from "../../delivery/delivery.service";
import { DesiredObjectStore } from "../../delivery/domain/desired-object-store";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import type { Actor } from "../../trust/identity/domain/actor";
import {
  type CatalogEntry,
  CatalogStore,
} from "../catalog/domain/catalog-entry";
import { PolicyStore } from "../policies/domain/policy";
import { windowsOfPolicies } from "../policies/domain/policy-windows";
import {
  instanceObject,
  type Instance,
  type InstanceIntent,
} from "./domain/instance";
import { instanceManifest } from "./domain/instance-manifest";
import {
  type CreateInstance,
  type InstanceChanges,
  isAnswer,
  isSameIntent,
  withDefaults,
} from "./domain/instance-request";
import { InstanceStore } from "./domain/instance-store";
import {
  formerIntent,
  IntentHistoryStore,
  isSameApplication,
} from "./domain/intent-history";
import { admitChange, admitNew } from "./instance-admission";
import { recordInstance } from "./instance-evidence";
import { isOutdated, markProblem } from "../external-marks";
import { refuseProblem } from "../refusals";

/** Intent for application instances: each change is decided by policy, recorded, and on its way in one transaction. */
@Injectable()
export class InstanceService {
  constructor(
    private readonly clusters: ClusterService,
    private readonly delivery: DeliveryService,
  ) {}

  /** Makes an instance and deploys it. An equal repeat answers with the one that is there. */
  async create(
    stores: Stores,
    actor: Actor,
    request: CreateInstance,
  ): Promise<string> {
    const cluster = await this.clusters.require(stores, request.clusterId);
    if (cluster.state === "revoked")
      throw new DomainError(
        "validation_failed",
        `cluster_id: cluster ${cluster.code} is revoked; choose another.`,
      );
    const entry = await this.activeEntry(stores, request.catalogCode);
    const intent = withDefaults(request, entry);
    refuseProblem(markProblem(request));
    await admitNew(stores, { clusterId: cluster.id, intent, entry });
    const id = newId();
    const { external_ref = null, intent_version = null, origin } = request;
    const isNew = await stores.get(InstanceStore).add({
      ...intent,
      id,
      cluster_id: cluster.id,
      catalog_entry_id: entry.id,
      external_ref,
      intent_version,
      origin,
      created_by: actor.id,
    });
    if (!isNew) return this.equalExisting(stores, request, { intent, entry });
    const instance = await this.require(stores, id);
    await this.deploy(stores, actor, {
      instance,
      entry,
      action: "instance.create",
    });
    return id;
  }

  /** Changes an instance and deploys it again. Nothing is issued when nothing changes, or when the version isn't newer. */
  async write(
    stores: Stores,
    actor: Actor,
    id: string,
    changes: InstanceChanges,
  ): Promise<void> {
    const instance = await this.requireLive(stores, id);
    if (isOutdated(instance, changes)) return;
    refuseProblem(markProblem(changes));
    const { changed, entry } = await this.apply(stores, instance, changes);
    await admitChange(stores, {
      clusterId: instance.cluster_id,
      intent: changed,
      entry,
    });
    if (isSameIntent(instance, changed))
      return stores.get(InstanceStore).save(changed);
    if (!isSameApplication(instance, changed))
      await stores.get(IntentHistoryStore).keep(id, instance);
    await this.deploy(stores, actor, {
      instance: changed,
      entry,
      action: "instance.write",
    });
  }

  async suspend(
    stores: Stores,
    actor: Actor,
    id: string,
    suspended: boolean,
  ): Promise<void> {
    const instance = await this.requireLive(stores, id);
    if (instance.suspended === suspended) return;
    const entry = await this.entryOf(stores, instance);
    await this.deploy(stores, actor, {
      instance: { ...instance, suspended },
      entry,
      action: suspended ? "instance.suspend" : "instance.resume",
    });
  }

  /**
   * Deploys under a new generation what the instance was to be earlier: before its last change, or at a generation. Policy is
   * asked as for any change; whether it is suspended stays as it is.
   */
  async rollback(
    stores: Stores,
    actor: Actor,
    id: string,
    generation?: number,
  ): Promise<void> {
    const instance = await this.requireLive(stores, id);
    const history = stores.get(IntentHistoryStore);
    const former = formerIntent(instance, await history.of(id), generation);
    if (former === undefined || isSameApplication(former, instance))
      throw new DomainError("validation_failed", noWayBack(generation));
    const changed = { ...instance, ...former, generation: instance.generation };
    const entry = await this.entryOf(stores, changed);
    await admitChange(stores, {
      clusterId: instance.cluster_id,
      intent: changed,
      entry,
    });
    await history.keep(id, instance);
    await this.deploy(stores, actor, {
      instance: changed,
      entry,
      action: "instance.rollback",
    });
  }

  /**
   * The tombstone: only this removes anything. The record stays, `deleting`, until the cluster confirms.
   * @param version of the caller's own; nothing happens where it isn't newer
   */
  async remove(
    stores: Stores,
    actor: Actor,
    id: string,
    version?: number,
  ): Promise<void> {
    const instance = await this.require(stores, id);
    if (instance.state === "deleting" || instance.state === "deleted") return;
    if (isOutdated(instance, { intent_version: version })) return;
    const object = instanceObject(instance);
    const generation = await this.delivery.deliver(
      stores,
      actor.organizationId,
      { object, action: "delete", manifest: {} },
    );
    const deleting: Instance = {
      ...instance,
      generation,
      state: "deleting",
      intent_version: version ?? instance.intent_version,
    };
    await stores.get(InstanceStore).save(deleting);
    await recordInstance(stores, actor, "instance.delete", deleting);
  }

  private async apply(
    stores: Stores,
    instance: Instance,
    { intent_version, catalogCode, ...fields }: InstanceChanges,
  ): Promise<{ changed: Instance; entry: CatalogEntry }> {
    const entry =
      catalogCode === undefined
        ? await this.entryOf(stores, instance)
        : await this.activeEntry(stores, catalogCode);
    const changed: Instance = {
      ...instance,
      ...fields,
      catalog_entry_id: entry.id,
      intent_version: intent_version ?? instance.intent_version,
    };
    if (
      changed.namespace !== instance.namespace ||
      changed.name !== instance.name
    ) {
      throw new DomainError(
        "validation_failed",
        "name and namespace can't be changed: create another instance and delete this one.",
      );
    }
    return { changed, entry };
  }

  private async deploy(
    stores: Stores,
    actor: Actor,
    change: { instance: Instance; entry: CatalogEntry; action: string },
  ): Promise<void> {
    const { instance, entry, action } = change;
    const policies = await stores
      .get(PolicyStore)
      .applicable(instance.cluster_id);
    const state = {
      object: instanceObject(instance),
      action: "apply" as const,
      manifest: instanceManifest(instance, entry, {
        actor,
        windows: windowsOfPolicies(policies),
      }),
    };
    const generation = await this.delivery.deliver(
      stores,
      actor.organizationId,
      state,
    );
    const deployed: Instance = { ...instance, generation, state: "deploying" };
    await stores.get(InstanceStore).save(deployed);
    await recordInstance(stores, actor, action, deployed);
  }

  private async equalExisting(
    stores: Stores,
    request: CreateInstance,
    wanted: { intent: InstanceIntent; entry: CatalogEntry },
  ): Promise<string> {
    const store = stores.get(InstanceStore);
    const byRef =
      request.external_ref === undefined
        ? undefined
        : await store.lockByExternalRef(request.external_ref);
    const existing =
      byRef ??
      (await store.lockLiveAt({
        clusterId: request.clusterId,
        namespace: request.namespace,
        name: request.name,
      }));
    if (existing && isAnswer(existing, request, wanted)) return existing.id;
    throw new DomainError(
      "already_exists",
      `name is "${request.name}": namespace "${request.namespace}" of this cluster has another instance of that name or external_ref; choose another or write to it.`,
    );
  }

  private async activeEntry(
    stores: Stores,
    code: string,
  ): Promise<CatalogEntry> {
    const entry = await stores.get(CatalogStore).byCode(code);
    if (!entry?.active)
      throw new DomainError(
        "validation_failed",
        `catalog_code is "${code}": there is no active catalog entry of that code.`,
      );
    return entry;
  }

  private async entryOf(
    stores: Stores,
    instance: Instance,
  ): Promise<CatalogEntry> {
    const entry = await stores
      .get(CatalogStore)
      .byId(instance.catalog_entry_id);
    if (!entry)
      throw new DomainError(
        "not_found",
        "The instance's catalog entry is gone.",
      );
    return entry;
  }

  private async require(stores: Stores, id: string): Promise<Instance> {
    const place = await stores.get(InstanceStore).find(id);
    // The object's row is held before the instance's, as everywhere, so that a change and a report can't deadlock.
    if (place) await stores.get(DesiredObjectStore).lock(instanceObject(place));
    const instance = await stores.get(InstanceStore).lock(id);
    if (!instance)
      throw new DomainError(
        "not_found",
        "There is no such application instance.",
      );
    return instance;
  }

  private async requireLive(stores: Stores, id: string): Promise<Instance> {
    const instance = await this.require(stores, id);
    if (instance.state === "deleting" || instance.state === "deleted") {
      throw new DomainError(
        "validation_failed",
        `Instance ${instance.name} is ${instance.state}: create a new one.`,
      );
    }
    return instance;
  }
}

function noWayBack(generation: number | undefined): string {
  return generation === undefined
    ? "There is nothing to go back to: the instance was never changed; write the version that you want."
    : `generation is ${generation}: no other intent of that generation is kept; leave it out for the one before the last change.`;
}
