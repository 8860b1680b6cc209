import { createHash } from "node:crypto";
import { type Clock, newId } from "@vworkspace/kernel";
import { type Kind, type KubeApi, KubeError, keyOf } from "@vworkspace/kube";
import { FIELD_MANAGERS } from "@vworkspace/resources";
import { type Log, reasonOf } from "../log";
import { type ClusterEvent, ClusterEvents } from "./cluster-events";
import { EventAllowance } from "./event-allowance";

/**
 * events.k8s.io/v1 and not core/v1: it asks who reports, and counts repetitions in a series that takes one small patch. Both are
 * the same objects to kubectl.
 */
const EVENT: Kind = { apiVersion: "events.k8s.io/v1", kind: "Event" };
const CONTROLLER = "vworkspace.io/agent";
/** Kubernetes keeps events about objects of the cluster there. */
const CLUSTER_NAMESPACE = "default";

/** Events that wait to be written; the oldest give way. */
const MOST_WAITING = 256;
/** Series that are remembered; the oldest give way. */
const MOST_SERIES = 1_024;
/** An API server keeps events for an hour: a series that rests half of it begins anew. */
const SERIES_MS = 30 * 60_000;
const NOTE_BYTES = 1_024;

interface Series {
  readonly name: string;
  count: number;
  lastAt: number;
}

export interface KubeClusterEventsOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among several agents, such as the pod's name. */
  readonly instance: string;
}

/** Writes Events one after the other, equal ones as one series, and not more about an object than people read. */
export class KubeClusterEvents extends ClusterEvents {
  private readonly waiting: ClusterEvent[] = [];
  private readonly series = new Map<string, Series>();
  private readonly allowance: EventAllowance;
  private writing: Promise<void> | undefined;
  private isFailing = false;

  constructor(private readonly options: KubeClusterEventsOptions) {
    super();
    this.allowance = new EventAllowance(options.clock);
  }

  override tell(event: ClusterEvent): void {
    if (!this.allowance.take(objectOf(event))) return;
    this.waiting.push(event);
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
    this.writing ??= this.writeAll();
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    for (;;) {
      const event = this.waiting.shift();
      if (event === undefined) break;
      await this.write(event).then(
        () => (this.isFailing = false),
        (error: unknown) => this.sayFailed(error),
      );
    }
    this.writing = undefined;
  }

  /** An event that can't be written is lost; that is said once until one can be written again. */
  private sayFailed(error: unknown): void {
    if (!this.isFailing)
      this.options.log.warn(
        { reason: reasonOf(error) },
        "Kubernetes Events can't be written; conditions still tell everything.",
      );
    this.isFailing = true;
  }

  private async write(event: ClusterEvent): Promise<void> {
    const now = this.options.clock.now();
    const key = seriesOf(event);
    const known = this.series.get(key);
    this.series.delete(key);
    if (known && now - known.lastAt < SERIES_MS) {
      known.count += 1;
      known.lastAt = now;
      this.series.set(key, known);
      if (await this.count(event, known)) return;
    }
    await this.begin(event, key);
  }

  private async begin(event: ClusterEvent, key: string): Promise<void> {
    const { api, clock, instance } = this.options;
    const { regarding, type, reason, note } = event;
    const { metadata, apiVersion, kind } = regarding;
    // Names of objects may be as long as those of events.
    const name = `${metadata.name.slice(0, 200).replace(/[-.]+$/, "")}.${newId()}`;
    await api.create(
      {
        ...EVENT,
        metadata: { name, namespace: namespaceOf(event) },
        eventTime: microTime(clock.now()),
        type,
        reason,
        action: "Reconcile",
        note: truncated(note),
        reportingController: CONTROLLER,
        reportingInstance: instance,
        regarding: {
          apiVersion,
          kind,
          name: metadata.name,
          ...(metadata.namespace && { namespace: metadata.namespace }),
          ...(metadata.uid && { uid: metadata.uid }),
        },
      },
      { fieldManager: FIELD_MANAGERS.operator },
    );
    this.series.set(key, { name, count: 1, lastAt: clock.now() });
    const [oldest] = this.series.keys();
    if (this.series.size > MOST_SERIES && oldest !== undefined)
      this.series.delete(oldest);
  }

  /** @returns false where the event that the series began with is no more */
  private async count(
    event: ClusterEvent,
    { name, count, lastAt }: Series,
  ): Promise<boolean> {
    const ref = { ...EVENT, namespace: namespaceOf(event), name };
    const series = { count, lastObservedTime: microTime(lastAt) };
    try {
      await this.options.api.patch(
        ref,
        { series },
        { fieldManager: FIELD_MANAGERS.operator },
      );
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return false;
      throw error;
    }
  }
}

function objectOf({ regarding }: ClusterEvent): string {
  return regarding.metadata.uid ?? `${regarding.kind} ${keyOf(regarding)}`;
}

function seriesOf(event: ClusterEvent): string {
  const { type, reason, note } = event;
  return createHash("sha256")
    .update(JSON.stringify([objectOf(event), type, reason, note]))
    .digest("base64");
}

function namespaceOf({ regarding }: ClusterEvent): string {
  return regarding.metadata.namespace ?? CLUSTER_NAMESPACE;
}

/** Kubernetes' MicroTime: six digits of a second. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** Cut between characters; three bytes are left for the ellipsis. */
function truncated(note: string): string {
  if (Buffer.byteLength(note) <= NOTE_BYTES) return note;
  const cut = Buffer.from(note)
    .subarray(0, NOTE_BYTES - 3)
    .toString("utf8");
  return `${cut.replace(/\uFFFD+$/, "")}…`;
}
