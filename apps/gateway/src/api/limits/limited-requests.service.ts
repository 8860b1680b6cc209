import { Injectable, Logger } from "@nestjs/common";
import { Counter } from "prom-client";
import type { Visit } from "./visit";

/** rate: too many in a window; waiting: too many at once; failures: nobody's credentials; address: too many of one address. */
export type LimitReason = "rate" | "waiting" | "failures" | "address";

const PERIOD_MS = 60_000;
/** Who floods with addresses fills a line of the log, not the log. */
const MOST_ADDRESSES = 20;

const refusals = new Counter({
  name: "vworkspace_requests_limited_total",
  help: "Requests that were told to come back later, by limit and reason (rate, waiting, failures, address).",
  labelNames: ["limit", "reason"],
});

/** Tells of requests that were refused for their number: counted, and in the log once a minute. */
@Injectable()
export class LimitedRequests {
  private readonly logger = new Logger(LimitedRequests.name);
  private noted = new Map<string, { count: number; addresses: Set<string> }>();
  private timer: NodeJS.Timeout | undefined;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.tell(), PERIOD_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.tell();
  }

  note({ limit, address }: Visit, reason: LimitReason): void {
    refusals.inc({ limit, reason });
    const key = `${limit} ${reason}`;
    const entry = this.noted.get(key) ?? { count: 0, addresses: new Set() };
    entry.count += 1;
    if (entry.addresses.size < MOST_ADDRESSES) entry.addresses.add(address);
    this.noted.set(key, entry);
  }

  private tell(): void {
    for (const [key, { count, addresses }] of this.noted) {
      const [limit, reason] = key.split(" ");
      this.logger.warn(
        { event: "limited", limit, reason, count, addresses: [...addresses] },
        "Requests were told to come back later",
      );
    }
    this.noted = new Map();
  }
}
