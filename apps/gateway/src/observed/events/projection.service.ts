import { Injectable } from "@nestjs/common";
import type {
  AgentEvent,
  Condition,
  ResourceRef,
  SnapshotPage,
} from "@vworkspace/contract";
import { CLUSTER } from "@vworkspace/resources";
import type { Stores } from "../../database/unit-of-work";
import { DeliveryService } from "../../delivery/delivery.service";
import type { ObjectIdentity } from "../../delivery/domain/desired-object";
import { DesiredObjectStore } from "../../delivery/domain/desired-object-store";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { ClusterStore } from "../../fleet/clusters/domain/cluster-store";
import { InstanceTrackerService } from "../../intent/instances/instance-tracker.service";
import type { Actor } from "../../trust/identity/domain/actor";
import { EventStore } from "./domain/event-store";
import { mergeReport, positionOf, type Report } from "./domain/observation";

interface Seen {
  readonly object: ObjectIdentity;
  readonly report: Report;
  /** The snapshot that listed it. */
  readonly snapshotId?: string;
}

/** Turns what clusters report into the newest observation of each object, and tells whoever owns the intent behind it. */
@Injectable()
export class ProjectionService {
  constructor(
    private readonly instances: InstanceTrackerService,
    private readonly delivery: DeliveryService,
  ) {}

  /** In order of arrival. @param receivedAt the gateway's clock, RFC 3339 UTC */
  async project(
    stores: Stores,
    principal: ClusterPrincipal,
    events: readonly AgentEvent[],
    receivedAt: string,
  ): Promise<void> {
    for (const event of events) {
      if (event.kind === "ClusterHeartbeat")
        await this.heartbeat(stores, principal, event);
      else if (event.kind === "ClusterSnapshot" && event.snapshot)
        await this.snapshot(stores, principal, {
          event,
          page: event.snapshot,
          receivedAt,
        });
      else if (isOwnCluster(event.resourceRef))
        await this.clusterConditions(stores, principal, event.conditions ?? []);
      else if (event.conditions !== undefined)
        await this.conditions(stores, principal, event, receivedAt);
    }
  }

  private async heartbeat(
    stores: Stores,
    principal: ClusterPrincipal,
    event: AgentEvent,
  ): Promise<void> {
    await stores.get(ClusterStore).setFacts(principal.clusterId, {
      agentVersion: event.agentVersion,
      controllers: event.controllers,
      conditions: event.conditions,
    });
  }

  private async clusterConditions(
    stores: Stores,
    principal: ClusterPrincipal,
    conditions: readonly Condition[],
  ): Promise<void> {
    if (conditions.length > 0)
      await stores
        .get(ClusterStore)
        .mergeConditions(principal.clusterId, conditions);
  }

  private async conditions(
    stores: Stores,
    principal: ClusterPrincipal,
    event: AgentEvent,
    receivedAt: string,
  ): Promise<void> {
    const { resourceRef } = event;
    const object = identity(principal, resourceRef);
    const report: Report = {
      uid: resourceRef.uid ?? "",
      intentGeneration:
        resourceRef.intentGeneration ??
        (await this.carriedGeneration(stores, object, event)),
      generation: resourceRef.generation,
      isWhole: false,
      conditions: event.conditions ?? [],
      endpoints: event.endpoints,
      position: positionOf(event, receivedAt),
    };
    await this.note(stores, principal, { object, report });
  }

  /**
   * An agent that doesn't report stamps (a peer; ours always tells its session): what it told of Kubernetes' generation
   * when it settled a job says which of ours an object of at least that generation carries.
   */
  private async carriedGeneration(
    stores: Stores,
    object: ObjectIdentity,
    event: AgentEvent,
  ): Promise<number | undefined> {
    if (event.session !== undefined) return undefined;
    const settled = await stores
      .get(DesiredObjectStore)
      .settledGeneration(object);
    const seen = event.resourceRef.generation ?? Infinity;
    return settled !== undefined && seen >= (settled.objectGeneration ?? 0)
      ? settled.generation
      : undefined;
  }

  private async note(
    stores: Stores,
    principal: ClusterPrincipal,
    { object, report, snapshotId }: Seen,
  ): Promise<void> {
    const store = stores.get(EventStore);
    const observed = mergeReport(await store.observed(object), report);
    await store.saveObserved(object, observed, snapshotId);
    // This holds the desired object's row before the instance's, as everywhere.
    await stores
      .get(DesiredObjectStore)
      .noteObserved(object, observed.intentGeneration);
    await this.instances.observe(
      stores,
      actorOf(principal),
      object,
      observed.endpoints,
    );
  }

  /**
   * A page replaces the projection of what it lists. After the last page what no page listed is absent, and whatever is
   * behind, different or missing is issued again: this is how desired and observed are compared.
   */
  private async snapshot(
    stores: Stores,
    principal: ClusterPrincipal,
    snapshot: { event: AgentEvent; page: SnapshotPage; receivedAt: string },
  ): Promise<void> {
    const { event, page, receivedAt } = snapshot;
    const position = positionOf(event, receivedAt);
    for (const item of page.items) {
      const object = identity(principal, item.resourceRef);
      const report: Report = {
        uid: item.uid,
        intentGeneration: item.intentGeneration,
        generation: item.resourceRef.generation,
        specDigest: item.specDigest,
        isWhole: true,
        conditions: item.conditions,
        endpoints: undefined,
        position,
      };
      await this.note(stores, principal, {
        object,
        report,
        snapshotId: page.id,
      });
    }
    if (page.last)
      await this.compare(stores, principal, {
        id: page.id,
        at: position.timestamp,
      });
  }

  private async compare(
    stores: Stores,
    principal: ClusterPrincipal,
    snapshot: { readonly id: string; readonly at: string },
  ): Promise<void> {
    const store = stores.get(EventStore);
    for (const object of await store.unlisted(
      principal.clusterId,
      snapshot.id,
    )) {
      await store.markAbsent(object, snapshot.at);
      await stores.get(DesiredObjectStore).noteObserved(object, 0);
      await this.instances.observe(stores, actorOf(principal), object, []);
    }
    for (const { object, seenGeneration } of await store.undelivered(
      principal.clusterId,
      snapshot.at,
    )) {
      await this.delivery.reissue(
        stores,
        principal.organizationId,
        object,
        seenGeneration,
      );
    }
  }
}

/** The agent's own Cluster object; other projects have kinds of that name. */
function isOwnCluster(ref: ResourceRef): boolean {
  return ref.kind === CLUSTER.kind && ref.apiVersion === CLUSTER.apiVersion;
}

function identity(
  principal: ClusterPrincipal,
  ref: ResourceRef,
): ObjectIdentity {
  return {
    clusterId: principal.clusterId,
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    namespace: ref.namespace ?? "",
    name: ref.name,
  };
}

function actorOf(principal: ClusterPrincipal): Actor {
  return {
    organizationId: principal.organizationId,
    type: "cluster",
    id: principal.clusterId,
    name: principal.clusterCode,
  };
}
