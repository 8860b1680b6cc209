import type { AgentEvent } from "@vworkspace/contract";

/** An event on its way, with the place it has in the spool. */
export interface SpooledEvent {
  /** Rises by one with every event, also across drops. */
  readonly position: number;
  readonly event: AgentEvent;
}
