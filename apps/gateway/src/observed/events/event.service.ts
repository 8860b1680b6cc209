import { Injectable } from "@nestjs/common";
import {
  type AgentEvent,
  type EventBatchAnswer,
  eventSchema,
  LIMITS,
  parseMessage,
} from "@vworkspace/contract";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { EventStore } from "./domain/event-store";
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
    const receivedAt = await store.now();
    const keyed = read.good.flatMap(({ index, event }) =>
      event.eventKey === undefined
        ? []
        : [{ index, key: event.eventKey, timestamp: event.timestamp }],
    );
    const fresh =
      keyed.length === 0
        ? new Set<number>()
        : await store.rememberNew(principal.clusterId, keyed);
    const news = read.good
      .filter(
        ({ index, event }) => event.eventKey === undefined || fresh.has(index),
      )
      .map(({ event }) => event);
    await store.add(principal.clusterId, news.filter(isKept));
    await store.addRejected(principal.clusterId, read.rejected);
    await this.projection.project(stores, principal, news, receivedAt);
    return {
      accepted: news.length,
      duplicates: read.good.length - news.length,
      rejected: read.rejected.map(({ index, reason }) => ({ index, reason })),
    };
  }
}

/** A heartbeat and a snapshot are projected and not kept: they repeat what is known, many times a day, for every cluster. */
function isKept(event: AgentEvent): boolean {
  return event.kind !== "ClusterHeartbeat" && event.kind !== "ClusterSnapshot";
}

function readEvents(batch: readonly unknown[]): Read {
  const good: { index: number; event: AgentEvent }[] = [];
  const rejected: { index: number; reason: string; body: string }[] = [];
  for (const [index, item] of batch.entries()) {
    const parsed = parseMessage(eventSchema, item);
    if (parsed.ok) good.push({ index, event: parsed.value });
    else rejected.push({ index, reason: parsed.reason, body: storable(item) });
  }
  return { good, rejected };
}

/** Text of a bad event for an operator; cut, and without the one character that PostgreSQL's text can't hold. */
function storable(item: unknown): string {
  return (JSON.stringify(item) ?? "null")
    .replaceAll("\\u0000", "")
    .slice(0, LIMITS.messageCharacters);
}
