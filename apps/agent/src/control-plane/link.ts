import type { Clock } from "@vworkspace/kernel";

/** What the agent knows about its way to the control plane. Times in milliseconds since the epoch. */
export interface LinkFacts {
  readonly isRegistered: boolean;
  readonly clusterId?: string;
  /** When an answer last arrived, whatever it said. */
  readonly lastAnswerAt?: number;
  readonly lastFailure?: { readonly at: number; readonly message: string };
  readonly authentication:
    | { readonly status: "unknown" }
    | { readonly status: "accepted" }
    | { readonly status: "rejected"; readonly message: string };
}

/** Keeps those facts and tells listeners when one of them that matters to a person has changed. */
export class Link {
  private current: LinkFacts = {
    isRegistered: false,
    authentication: { status: "unknown" },
  };
  private readonly listeners = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  get facts(): LinkFacts {
    return this.current;
  }

  /** Whether an answer arrived within the last `ms`. */
  isAlive(ms: number): boolean {
    const { lastAnswerAt } = this.current;
    return lastAnswerAt !== undefined && this.clock.now() - lastAnswerAt <= ms;
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  registered(clusterId: string): void {
    this.change({ isRegistered: true, clusterId });
  }

  /** The control plane answered and took the credential. */
  accepted(): void {
    const wasDown = this.current.lastFailure !== undefined;
    const isNews = this.current.authentication.status !== "accepted" || wasDown;
    const { lastFailure: _, ...rest } = this.current;
    this.current = {
      ...rest,
      lastAnswerAt: this.clock.now(),
      authentication: { status: "accepted" },
    };
    if (isNews) this.tell();
  }

  /** The control plane answered and did not take the credential. */
  rejected(message: string): void {
    this.change({
      lastAnswerAt: this.clock.now(),
      authentication: { status: "rejected", message },
    });
  }

  /** No answer, or one that is none. */
  failed(message: string): void {
    this.change({ lastFailure: { at: this.clock.now(), message } });
  }

  private change(facts: Partial<LinkFacts>): void {
    this.current = { ...this.current, ...facts };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
