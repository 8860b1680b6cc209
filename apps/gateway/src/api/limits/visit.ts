import type { ServerResponse } from "node:http";
import type { LimitName } from "./limits.table";
import { sourceAddress } from "./source-address";

/** A request as its limits see it, from its first byte to its last. */
export class Visit {
  private readonly gone = new AbortController();
  private giveBack: (() => void) | undefined;

  /** What counts as one address: see {@link sourceAddress}. */
  readonly address: string;

  constructor(
    /** The client's, as far as a proxy that is trusted tells. */
    readonly ip: string,
    readonly limit: LimitName,
    private readonly response: ServerResponse,
  ) {
    this.address = sourceAddress(ip);
    response.once("close", () => this.end());
    if (response.destroyed) this.end();
  }

  /** Aborted once it is answered, or its client has gone. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** Has a turn, which ends with the request at the latest. */
  hold(giveBack: () => void): void {
    this.giveBack = giveBack;
    if (this.gone.signal.aborted) this.release();
  }

  /** Gives the turn back, so that the next one works. */
  release(): void {
    this.giveBack?.();
    this.giveBack = undefined;
  }

  /** What a client is told in the header Retry-After, whatever its protocol makes of the refusal. */
  retryAfter(seconds: number): void {
    if (!this.response.headersSent)
      this.response.setHeader("retry-after", String(seconds));
  }

  private end(): void {
    this.release();
    this.gone.abort();
  }
}

declare module "fastify" {
  interface FastifyRequest {
    visit: Visit;
  }
}
