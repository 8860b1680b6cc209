import type { Clock } from "@vworkspace/kernel";
import type { ConnectionTrouble } from "./tls/connection-failure.decide";

/** What the agent knows about its way to the control plane. Times in milliseconds since the epoch. */
export interface LinkFacts {
  readonly isRegistered: boolean;
  readonly clusterId?: string;
  /** When an answer last arrived, whatever it said. */
  readonly lastAnswerAt?: number;
  readonly lastFailure?: {
    readonly at: number;
    readonly message: string;
    readonly trouble?: ConnectionTrouble;
  };
  /** There is neither a credential nor a token to get one: a person has to give it. */
  readonly waitsForToken?: boolean;
  readonly authentication: Authentication;
}

/** How the control plane takes the credential; "undecided": it was refused, and whether another one is taken could not be asked. */
export type Authentication =
  | { readonly status: "unknown" }
  | { readonly status: "accepted" }
  | {
      readonly status: Rejection | "undecided";
      readonly message: string;
    };

/** Why the control plane doesn't take the credential; "uncertified": for the client certificate that came with it, or didn't. */
export type Rejection = "rejected" | "expired" | "uncertified";

export function isRejected({ status }: Authentication): boolean {
  return (
    status === "rejected" || status === "expired" || status === "uncertified"
  );
}

/** Keeps those facts and tells listeners when one of them that matters to a person has changed. */
export class Link {
  private current: LinkFacts = {
    isRegistered: false,
    authentication: { status: "unknown" },
  };
  private readonly listeners = new Set<() => void>();
  /** As lastAnswerAt, on the clock that nobody sets. */
  private heardAt = -Infinity;

  constructor(private readonly clock: Clock) {}

  get facts(): LinkFacts {
    return this.current;
  }

  /** Whether the control plane takes the credential, and answered the last time it was asked. */
  get isConnected(): boolean {
    const { authentication, lastFailure } = this.current;
    return authentication.status === "accepted" && lastFailure === undefined;
  }

  /** Whether an answer arrived within the last `ms`. */
  isAlive(ms: number): boolean {
    return this.clock.monotonic() - this.heardAt <= ms;
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** There is a credential; what was said of another one doesn't hold for it. */
  registered(clusterId: string, isNew = false): void {
    const authentication: Authentication = { status: "unknown" };
    this.change({
      isRegistered: true,
      clusterId,
      ...(isNew && { authentication }),
    });
  }

  /** The control plane answered; whether it takes the credential is another question. */
  answered(): void {
    const { lastFailure: _, ...rest } = this.current;
    this.current = { ...rest, lastAnswerAt: this.heard() };
    this.tell();
  }

  waitsForToken(isWaiting: boolean): void {
    if (isWaiting !== (this.current.waitsForToken ?? false))
      this.change({ waitsForToken: isWaiting });
  }

  /** The control plane answered and took the credential. */
  accepted(): void {
    const wasDown = this.current.lastFailure !== undefined;
    const isNews = this.current.authentication.status !== "accepted" || wasDown;
    const { lastFailure: _, ...rest } = this.current;
    this.current = {
      ...rest,
      lastAnswerAt: this.heard(),
      authentication: { status: "accepted" },
    };
    if (isNews) this.tell();
  }

  /** The control plane answered and did not take the credential. */
  rejected(message: string, status: Rejection = "rejected"): void {
    this.change({
      lastAnswerAt: this.heard(),
      authentication: { status, message },
    });
  }

  /** The credential was refused, and the way to another one failed. */
  undecided(message: string): void {
    this.change({ authentication: { status: "undecided", message } });
  }

  /** No answer, or one that is none. */
  failed(message: string, trouble?: ConnectionTrouble): void {
    const at = this.clock.now();
    this.change({ lastFailure: { at, message, ...(trouble && { trouble }) } });
  }

  private heard(): number {
    this.heardAt = this.clock.monotonic();
    return this.clock.now();
  }

  private change(facts: Partial<LinkFacts>): void {
    this.current = { ...this.current, ...facts };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
