import type { Fence } from "@vworkspace/kube";

/** Which of the agents of a cluster works. As a fence it keeps those that don't from writing. */
export abstract class Leadership implements Fence {
  /** Whether there may be others, so that this agent may have to stand by. */
  abstract readonly isContested: boolean;
  /** Whether this agent leads, at this very moment. */
  abstract readonly isOpen: boolean;
  abstract readonly closes: AbortSignal;

  /**
   * Calls `lead` whenever this agent leads; its signal aborts when it leads no more or `signal` aborts. Resolves when `signal`
   * has aborted and the last term has ended.
   */
  abstract run(
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** The only agent there is. */
export class SoleLeadership extends Leadership {
  override readonly isContested = false;
  override readonly isOpen = true;
  override readonly closes = new AbortController().signal;

  override run(
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    return lead(signal);
  }
}
