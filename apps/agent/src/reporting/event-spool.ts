import type { AgentEvent } from "@vworkspace/contract";
import type { SpooledEvent } from "./spooled-event";
import { WaitingEvents } from "./waiting-events";

export type { SpooledEvent } from "./spooled-event";

/** Where events wait for the control plane: bounded, in order, and asynchronous so that it may be a disk. */
export abstract class EventSpool {
  /** Adds an event; where there is no room the oldest is dropped and counted. */
  abstract append(event: AgentEvent): Promise<void>;
  /** The oldest events, at most `count`. */
  abstract oldest(count: number): Promise<readonly SpooledEvent[]>;
  /** Forgets everything up to and including `position`: it is stored at the control plane. */
  abstract removeThrough(position: number): Promise<void>;
  abstract readonly size: number;
  /** Events dropped for want of room: since the process started, or longer where that is remembered. */
  abstract readonly dropped: number;
  /** After everything that was begun: nothing is appended any more. */
  abstract close(): Promise<void>;
}

export class MemoryEventSpool extends EventSpool {
  private readonly waiting = new WaitingEvents();
  private nextPosition = 0;
  private droppedCount = 0;

  /** @param capacity events; beyond it the oldest goes, because the newest state is what counts */
  constructor(private readonly capacity = 10_000) {
    super();
  }

  override get size(): number {
    return this.waiting.size;
  }

  override get dropped(): number {
    return this.droppedCount;
  }

  override append(event: AgentEvent): Promise<void> {
    if (this.waiting.size >= this.capacity) {
      this.waiting.forgetOldest();
      this.droppedCount += 1;
    }
    this.waiting.push({ position: this.nextPosition++, event, bytes: 0 });
    return Promise.resolve();
  }

  override oldest(count: number): Promise<readonly SpooledEvent[]> {
    return Promise.resolve(this.waiting.take(count));
  }

  override removeThrough(position: number): Promise<void> {
    this.waiting.forgetBefore(position + 1);
    return Promise.resolve();
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
