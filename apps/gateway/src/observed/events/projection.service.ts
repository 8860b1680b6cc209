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
import {
  type ObjectIdentity,
  objectKey,
} from "../../delivery/domain/desired-object";
import {
  DesiredObjectStore,
  type SettledGeneration,
} from "../../delivery/domain/desired-object-store";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { ClusterStore } from "../../fleet/clusters/domain/cluster-store";
import type { Sighting } from "../../intent/instances/domain/follow-sightings";
import { InstanceTrackerService } from "../../intent/instances/instance-tracker.service";
import type { OperationSighting } from "../../intent/operations/domain/follow-operations";
import { OperationTrackerService } from "../../intent/operations/operation-tracker.service";
import type { Actor } from "../../trust/identity/domain/actor";
import { EventStore } from "./domain/event-store";
import {
  foldReports,
  type Observation,
  type Seen,
} from "./domain/fold-reports";
import { type Position, positionOf, type Report } from "./domain/observation";

/** What agents that report no stamps have settled, by `objectKey`. */
type Settled = ReadonlyMap<string, SettledGeneration>;

/** Of a cluster that comes back empty, in the transaction of its snapshot; the sweep issues the rest, a few at a time. */
const REISSUED_AT_ONCE = 200;

/** Turns what clusters report into the newest observation of each object, and tells whoever owns the intent behind it. */
@Injectable()
export class ProjectionService {
  constructor(
    private readonly instances: InstanceTrackerService,
    private readonly operations: OperationTrackerService,
    private readonly delivery: DeliveryService,
  ) {}

  /**
   * In order of arrival. Reports of objects are gathered and written together: a few statements for any number of them.
   * @param receivedAt the gateway's clock, RFC 3339 UTC
   */
  async project(
    stores: Stores,
    principal: ClusterPrincipal,
    events: readonly AgentEvent[],
    receivedAt: string,
  ): Promise<void> {
    const settled = await settledOf(stores, principal, events);
    let seen: Seen[] = [];
    for (const event of events) {
      const position = positionOf(event, receivedAt);
      if (event.kind === "ClusterHeartbeat")
        await this.heartbeat(stores, principal, event);
      else if (event.kind === "ClusterSnapshot" && event.snapshot) {
        seen.push(...listed(principal, event.snapshot, position));
        if (!event.snapshot.last) continue;
        await this.note(stores, principal, seen);
        seen = [];
        const { id } = event.snapshot;
        await this.compare(stores, principal, { id, at: position.timestamp });
      } else if (isOwnCluster(event.resourceRef))
        await this.clusterConditions(stores, principal, event.conditions ?? []);
      else if (event.conditions !== undefined)
        seen.push(told(principal, event, { position, settled }));
    }
    await this.note(stores, principal, seen);
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

  private async note(
    stores: Stores,
    principal: ClusterPrincipal,
    seen: readonly Seen[],
  ): Promise<void> {
    if (seen.length === 0) return;
    const { clusterId } = principal;
    const store = stores.get(EventStore);
    const objects = seen.map(({ object }) => object);
    const known = await store.observed(clusterId, objects);
    const { steps, newest } = foldReports(known, seen);
    await store.saveObserved(clusterId, newest);
    // This holds the desired objects' rows before the instances', as everywhere.
    await stores.get(DesiredObjectStore).noteObserved(
      newest.map(({ object, observed }) => ({
        object,
        generation: observed.intentGeneration,
      })),
    );
    const actor = actorOf(principal);
    await this.instances.observe(stores, actor, steps.map(sightingOf));
    await this.operations.observe(stores, actor, steps.map(operationOf));
  }

  /**
   * After the last page what no page listed is absent, and whatever is behind, different or missing is issued again: this
   * is how desired and observed are compared.
   */
  private async compare(
    stores: Stores,
    principal: ClusterPrincipal,
    snapshot: { readonly id: string; readonly at: string },
  ): Promise<void> {
    const { clusterId } = principal;
    const store = stores.get(EventStore);
    const absent = await store.unlisted(clusterId, snapshot.id);
    if (absent.length > 0) {
      await store.markAbsent(clusterId, absent, snapshot.at);
      await stores
        .get(DesiredObjectStore)
        .noteObserved(absent.map((object) => ({ object, generation: 0 })));
      const actor = actorOf(principal);
      await this.instances.observe(stores, actor, absent.map(absence));
      await this.operations.observe(stores, actor, absent.map(absentOperation));
    }
    const undelivered = await store.undelivered(clusterId, snapshot.at);
    await stores
      .get(DesiredObjectStore)
      .scheduleReissues(
        undelivered.slice(REISSUED_AT_ONCE).map(({ object }) => object),
      );
    for (const { object, seenGeneration } of undelivered.slice(
      0,
      REISSUED_AT_ONCE,
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

/** What agents told that report no stamps when they settled jobs of the objects that these events are about. */
function settledOf(
  stores: Stores,
  principal: ClusterPrincipal,
  events: readonly AgentEvent[],
): Promise<Settled> {
  const objects = events
    .filter(lacksStamp)
    .map(({ resourceRef }) => identity(principal, resourceRef));
  return stores.get(DesiredObjectStore).settledGenerations(objects);
}

/** Of a peer's agent, that is; ours always tells its session. */
function lacksStamp(event: AgentEvent): boolean {
  return (
    event.session === undefined &&
    event.conditions !== undefined &&
    event.resourceRef.intentGeneration === undefined
  );
}

/**
 * What an agent that doesn't report stamps told of Kubernetes' generation when it settled a job says which of ours an
 * object of at least that generation carries.
 */
function carriedGeneration(
  object: ObjectIdentity,
  event: AgentEvent,
  all: Settled,
): number | undefined {
  const settled = lacksStamp(event) ? all.get(objectKey(object)) : undefined;
  const seen = event.resourceRef.generation ?? Infinity;
  return settled !== undefined && seen >= (settled.objectGeneration ?? 0)
    ? settled.generation
    : undefined;
}

/** What an event tells of an object: what changed. */
function told(
  principal: ClusterPrincipal,
  event: AgentEvent,
  known: { readonly position: Position; readonly settled: Settled },
): Seen {
  const { resourceRef } = event;
  const object = identity(principal, resourceRef);
  const report: Report = {
    uid: resourceRef.uid ?? "",
    intentGeneration:
      resourceRef.intentGeneration ??
      carriedGeneration(object, event, known.settled),
    generation: resourceRef.generation,
    isWhole: false,
    conditions: event.conditions ?? [],
    endpoints: event.endpoints,
    detail: event.detail,
    position: known.position,
  };
  return { object, report };
}

/** What a page of a snapshot tells: all there is of what it lists. */
function listed(
  principal: ClusterPrincipal,
  page: SnapshotPage,
  position: Position,
): Seen[] {
  return page.items.map((item) => ({
    object: identity(principal, item.resourceRef),
    report: {
      uid: item.uid,
      intentGeneration: item.intentGeneration,
      generation: item.resourceRef.generation,
      specDigest: item.specDigest,
      isWhole: true,
      conditions: item.conditions,
      endpoints: undefined,
      detail: item.detail,
      position,
    },
    snapshotId: page.id,
  }));
}

/** Where in the stream of reports a condition stood is nobody's business but the projection's. */
function sightingOf({ object, observed }: Observation): Sighting {
  const { present, intentGeneration, endpoints } = observed;
  const conditions = observed.conditions.map(
    ({ position: _, ...condition }) => condition,
  );
  return {
    object,
    observation: { present, intentGeneration, conditions },
    endpoints,
  };
}

function absence(object: ObjectIdentity): Sighting {
  return {
    object,
    observation: { present: false, intentGeneration: 0, conditions: [] },
    endpoints: [],
  };
}

/** The same of an operation's object; what isn't one is nobody's operation. */
function operationOf({ object, observed }: Observation): OperationSighting {
  const { present, intentGeneration, conditions, detail } = observed;
  return {
    object,
    seen: {
      present,
      intentGeneration,
      conditions: conditions.map(({ position: _, ...rest }) => rest),
      detail: detail.operation,
    },
  };
}

function absentOperation(object: ObjectIdentity): OperationSighting {
  const gone = { present: false, intentGeneration: 0, conditions: [] };
  return { object, seen: { ...gone, detail: undefined } };
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
