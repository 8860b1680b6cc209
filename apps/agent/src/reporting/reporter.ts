import type {
  AgentEvent,
  Condition,
  EVENT_KINDS,
  ResourceRef,
  SnapshotPage,
} from "@vworkspace/contract";
import { type Clock, newId } from "@vworkspace/kernel";
import type { ControlPlane } from "../control-plane/control-plane";
import { isFailure } from "../control-plane/control-plane-error";
import { isRejected, type Link } from "../control-plane/link";
import { retryPauseMs } from "../control-plane/patience";
import { type Log, reasonOf } from "../log";
import { batchOf } from "./batch.decide";
import type { EventSpool } from "./event-spool";

/** An event as its author knows it; session, sequence and time are added here. */
export interface NewEvent {
  readonly kind: (typeof EVENT_KINDS)[number];
  readonly resourceRef: ResourceRef;
  readonly eventKey?: string;
  readonly conditions?: Condition[];
  readonly endpoints?: AgentEvent["endpoints"];
  readonly detail?: AgentEvent["detail"];
  readonly snapshot?: SnapshotPage;
  readonly agentVersion?: string;
  readonly controllers?: AgentEvent["controllers"];
  readonly reason?: string;
}

export interface ReporterOptions {
  readonly controlPlane: ControlPlane;
  readonly spool: EventSpool;
  /** While the cluster has no credential that is taken, nothing is sent. */
  readonly link: Link;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** A batch leaves after this long, or as soon as it is full. */
const BATCH_MS = 1_000;
const BATCH_EVENTS = 100;
const LOOK_MS = 100;

/** Takes events, and carries them to the control plane in order, in batches, until they are stored there. */
export class Reporter {
  /** Of this process: with the sequence it orders events whatever the clocks say. */
  readonly session = newId();
  private sequence = 0;
  private refused = 0;
  /** Highest sequence of this session that the control plane has stored. */
  private storedThrough = -1;
  private isUrgent = false;
  private wake = new AbortController();

  constructor(private readonly options: ReporterOptions) {
    options.link.onChange(() => this.wake.abort());
  }

  get queued(): number {
    return this.options.spool.size;
  }

  /** How the spool stands; what the control plane refused is not counted here. */
  get buffer(): { readonly queued: number; readonly dropped: number } {
    const { size, dropped } = this.options.spool;
    return { queued: size, dropped };
  }

  /** Events lost: dropped for want of room, or refused by the control plane for good. */
  get lost(): number {
    return this.options.spool.dropped + this.refused;
  }

  async report(event: NewEvent): Promise<void> {
    const { spool, clock } = this.options;
    await spool.append({
      ...event,
      timestamp: clock.timestamp(),
      session: this.session,
      sequence: this.sequence++,
    });
    this.wake.abort();
  }

  /**
   * Sends at once, and resolves when all that was reported until now is stored at the control plane, or `ms` are over.
   * @returns whether it is stored
   */
  async stored(ms: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.options;
    const wanted = this.sequence - 1;
    const endsAt = clock.monotonic() + ms;
    while (this.storedThrough < wanted && clock.monotonic() < endsAt) {
      if (signal.aborted) return false;
      this.isUrgent = true;
      this.wake.abort();
      await clock.sleep(LOOK_MS, signal);
    }
    return this.storedThrough >= wanted;
  }

  /** Sends until `signal` aborts; then as much as is taken at the first attempt, so that it isn't lost with the process. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      if (!(await this.waitForBatch(signal))) break;
      failures = (await this.sendBatch(failures, signal)) ? 0 : failures + 1;
    }
    while (this.options.spool.size > 0 && this.maySend())
      if (!(await this.sendBatch(failures, signal))) break;
  }

  /** Resolves once there is a batch: full, or its first event a second old. False when `signal` aborts first. */
  private async waitForBatch(signal: AbortSignal): Promise<boolean> {
    const { spool, clock } = this.options;
    while (!signal.aborted && (spool.size === 0 || !this.maySend()))
      await this.pause(60_000, signal);
    const endsAt = clock.monotonic() + BATCH_MS;
    while (
      !signal.aborted &&
      !this.isUrgent &&
      spool.size < BATCH_EVENTS &&
      clock.monotonic() < endsAt
    )
      await this.pause(endsAt - clock.monotonic(), signal);
    this.isUrgent = false;
    return !signal.aborted;
  }

  /** Ends early with every event and every change of the link. */
  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    this.wake = new AbortController();
    const either = AbortSignal.any([signal, this.wake.signal]);
    await this.options.clock.sleep(ms, either);
  }

  private maySend(): boolean {
    const { isRegistered, authentication } = this.options.link.facts;
    return isRegistered && !isRejected(authentication);
  }

  private async sendBatch(
    failures: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { controlPlane, spool, clock, log, random } = this.options;
    const batch = batchOf(await spool.oldest(BATCH_EVENTS), failures);
    const last = batch.at(-1);
    if (last === undefined) return true;
    try {
      await controlPlane.sendEvents(batch.map(({ event }) => event));
      await spool.removeThrough(last.position);
      if (last.event.session === this.session)
        this.storedThrough = last.event.sequence ?? this.storedThrough;
      return true;
    } catch (error) {
      if (isFailure(error, "refused", "too-large") && batch.length === 1) {
        // Alone and still refused: it would block everything behind it for ever.
        this.refused += 1;
        await spool.removeThrough(last.position);
        log.error(
          { reason: reasonOf(error), kind: last.event.kind },
          "The control plane refused an event for good; it is dropped.",
        );
        return true;
      }
      log.debug(
        { reason: reasonOf(error), queued: spool.size },
        "Events could not be sent yet.",
      );
      // Refused for its credential: maySend() says when it is worth another attempt.
      const pauseMs = isFailure(error, "unauthenticated")
        ? BATCH_MS
        : retryPauseMs(error, failures, random);
      await clock.sleep(pauseMs, signal);
      return false;
    }
  }
}
