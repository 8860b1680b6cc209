import { Injectable } from "@nestjs/common";
import {
  type AgentEvent,
  type EventBatchAnswer,
  eventSchema,
  isStorable,
  LIMITS,
  parseMessage,
  type ResourceRef,
} from "@vworkspace/contract";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { objectKey } from "../../delivery/domain/desired-object";
import { EventStore } from "./domain/event-store";
import {
  type Arrived,
  MAX_OBJECTS_PER_CLUSTER,
  objectsOf,
  withinQuota,
} from "./domain/object-quota";
import { utcTime } from "./domain/event-time";
import { ProjectionService } from "./projection.service";

interface Read {
  readonly good: readonly {
    readonly index: number;
    readonly event: AgentEvent;
  }[];
  readonly rejected: readonly {
    readonly index: number;
    readonly reason: string;
    readonly body: string;
  }[];
}

/** Counted for /metrics. */
export interface EventCounts {
  accepted: number;
  duplicates: number;
  rejected: number;
}

/** Takes batches of events: stores the good ones, keeps the bad ones aside, and projects what they tell (EVT). */
@Injectable()
export class EventService {
  readonly counts: EventCounts = { accepted: 0, duplicates: 0, rejected: 0 };

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly projection: ProjectionService,
  ) {}

  /** Returns when the batch is durable: one bad event does not lose its batch. */
  async ingest(
    principal: ClusterPrincipal,
    batch: readonly unknown[],
  ): Promise<EventBatchAnswer> {
    const read = readEvents(batch);
    const answer = await this.unitOfWork.inOrganization(
      principal.organizationId,
      (stores) => this.store(stores, principal, read),
    );
    this.counts.accepted += answer.accepted;
    this.counts.duplicates += answer.duplicates;
    this.counts.rejected += answer.rejected.length;
    return answer;
  }

  private async store(
    stores: Stores,
    principal: ClusterPrincipal,
    read: Read,
  ): Promise<EventBatchAnswer> {
    const store = stores.get(EventStore);
    const receivedAt = await store.takeTurn(principal.clusterId);
    const keyed = read.good.flatMap(({ index, event }) =>
      event.eventKey === undefined
        ? []
        : [{ index, key: event.eventKey, timestamp: event.timestamp }],
    );
    const fresh =
      keyed.length === 0
        ? new Set<number>()
        : await store.rememberNew(principal.clusterId, keyed);
    const news = read.good.filter(
      ({ index, event }) => event.eventKey === undefined || fresh.has(index),
    );
    const { taken, refused } = await quotaOf(store, principal.clusterId, news);
    const events = taken.map(({ event }) => event);
    await store.add(principal.clusterId, events.filter(isKept));
    const rejected = [...read.rejected, ...refused];
    await store.addRejected(principal.clusterId, rejected);
    await this.projection.project(stores, principal, events, receivedAt);
    return {
      accepted: taken.length,
      duplicates: read.good.length - news.length,
      rejected: rejected.map(({ index, reason }) => ({ index, reason })),
    };
  }
}

/** What there is room for, and the events that tell of more. */
async function quotaOf(
  store: EventStore,
  clusterId: string,
  news: readonly Arrived[],
): Promise<{ taken: readonly Arrived[]; refused: Read["rejected"] }> {
  const identityOf = (ref: ResourceRef) => ({
    clusterId,
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    namespace: ref.namespace ?? "",
    name: ref.name,
  });
  const keyOf = (ref: ResourceRef) => objectKey(identityOf(ref));
  const named = news.flatMap(({ event }) => objectsOf(event));
  const strangers = await store.strangers(clusterId, named.map(identityOf));
  const room = await roomFor(store, clusterId, strangers.size);
  const { taken, refused } = withinQuota(news, room, {
    isUnknown: (ref) => strangers.has(keyOf(ref)),
    keyOf,
  });
  const bodies = new Map(news.map(({ index, event }) => [index, event]));
  return {
    taken,
    refused: refused.map(({ index, reason }) => ({
      index,
      reason,
      body: excerpt(bodies.get(index)),
    })),
  };
}

/** How many more objects of a cluster can be followed, where so many are to be; what is gone makes room. */
async function roomFor(
  store: EventStore,
  clusterId: string,
  wanted: number,
): Promise<number> {
  if (wanted === 0) return 0;
  const room = async () =>
    MAX_OBJECTS_PER_CLUSTER -
    (await store.countObserved(clusterId, MAX_OBJECTS_PER_CLUSTER));
  const atFirst = await room();
  if (atFirst >= wanted) return atFirst;
  await store.forgetAbsent(clusterId);
  return room();
}

/** A heartbeat and a snapshot are projected and not kept: they repeat what is known, many times a day, for every cluster. */
function isKept(event: AgentEvent): boolean {
  return event.kind !== "ClusterHeartbeat" && event.kind !== "ClusterSnapshot";
}

function readEvents(batch: readonly unknown[]): Read {
  const good: { index: number; event: AgentEvent }[] = [];
  const rejected: { index: number; reason: string; body: string }[] = [];
  for (const [index, item] of batch.entries()) {
    const read = readEvent(item);
    if ("event" in read) good.push({ index, event: read.event });
    else rejected.push({ index, reason: read.reason, body: excerpt(item) });
  }
  return { good, rejected };
}

/** The event with its time in UTC, or why it is none. What the database can't hold would fail the whole batch. */
function readEvent(item: unknown): { event: AgentEvent } | { reason: string } {
  const parsed = parseMessage(eventSchema, item);
  if (!parsed.ok) return { reason: parsed.reason };
  if (!isStorable(parsed.value))
    return {
      reason:
        "body: holds U+0000 or a lone surrogate; leave such characters out",
    };
  const timestamp = utcTime(parsed.value.timestamp);
  if (timestamp === undefined)
    return { reason: "timestamp: is not between the years 1 and 9999" };
  return { event: { ...parsed.value, timestamp } };
}

/** Text of a bad event for an operator, cut. JSON escapes what PostgreSQL's text can't hold. */
function excerpt(item: unknown): string {
  return (JSON.stringify(item) ?? "null").slice(0, LIMITS.messageCharacters);
}
