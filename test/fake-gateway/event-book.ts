import {
  type AgentEvent,
  type EventBatchAnswer,
  eventBatchSchema,
  eventSchema,
  isStorable,
  parseMessage,
  type SnapshotItem,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";

/** The rules of events (docs/contract/agent-v1.md, "Events"): repeats are dropped, bad ones are kept aside. */
export class EventBook {
  private readonly stored = new Map<string, AgentEvent[]>();
  private readonly seen = new Set<string>();
  private readonly snapshots = new Map<string, SnapshotItem[]>();

  /** @param onSnapshot told once the last page of a snapshot is stored, with the items of all its pages */
  constructor(
    private readonly onSnapshot: (
      clusterId: string,
      items: readonly SnapshotItem[],
    ) => void,
  ) {}

  /** @throws DomainError invalid_request when the body is no batch at all. */
  store(clusterId: string, body: unknown): EventBatchAnswer {
    const batch = parseMessage(eventBatchSchema, body);
    if (!batch.ok) throw new DomainError("invalid_request", batch.reason);
    const rejected: { index: number; reason: string }[] = [];
    let duplicates = 0;
    batch.value.events.forEach((item, index) => {
      const event = parseMessage(eventSchema, item);
      if (!event.ok) rejected.push({ index, reason: event.reason });
      else if (!isStorable(event.value))
        rejected.push({ index, reason: "holds U+0000 or a lone surrogate" });
      else if (this.isRepeat(clusterId, event.value)) duplicates += 1;
      else this.keep(clusterId, event.value);
    });
    const accepted = batch.value.events.length - duplicates - rejected.length;
    return { accepted, duplicates, rejected };
  }

  /** In order of arrival. */
  of(clusterId: string): AgentEvent[] {
    const events = this.stored.get(clusterId) ?? [];
    this.stored.set(clusterId, events);
    return events;
  }

  private keep(clusterId: string, event: AgentEvent): void {
    this.of(clusterId).push(event);
    if (event.kind !== "ClusterSnapshot" || event.snapshot === undefined)
      return;
    const { id, items, last } = event.snapshot;
    const key = JSON.stringify([clusterId, id]);
    const listed = [...(this.snapshots.get(key) ?? []), ...items];
    this.snapshots.set(key, listed);
    if (last) this.onSnapshot(clusterId, listed);
  }

  /** A repeat has the same cluster, key and timestamp; without a key nothing is a repeat. */
  private isRepeat(clusterId: string, event: AgentEvent): boolean {
    if (event.eventKey === undefined) return false;
    const identity = JSON.stringify([
      clusterId,
      event.eventKey,
      event.timestamp,
    ]);
    const isRepeat = this.seen.has(identity);
    this.seen.add(identity);
    return isRepeat;
  }
}
