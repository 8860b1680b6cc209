import { Inject, Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { FailedAttempts } from "./failed-attempts.service";
import { FairGate, LineFullError } from "./fair-gate";
import { LIMIT_OPTIONS, type LimitOptions } from "./limit-options";
import { LimitedRequests, type LimitReason } from "./limited-requests.service";
import type { GateName, Limit, LimitName, Turns } from "./limits.table";
import { ProvenCredentials } from "./proven-credentials";
import type { Visit } from "./visit";

/** How many places of an address that tries what is nobody's: it delays itself. */
const FAILING_IN_FLIGHT = 1;
/** A line of an address is as long as its connections. */
const ADDRESS_WAITING = 100_000;

/**
 * Who may go on, and when. What has been proven has a count and a line of its own; what hasn't stands in the line of its
 * address, and is never refused there for what others of that address do: a right credential always gets its turn, and
 * nobody can lock it out. Lines take turns (FairGate), so that one that is long delays itself only.
 */
@Injectable()
export class Admission {
  private readonly proven = new ProvenCredentials();
  private readonly windows: Readonly<Record<LimitName, RateLimiterMemory>>;
  private readonly gates: Readonly<Record<GateName, FairGate>>;

  constructor(
    @Inject(LIMIT_OPTIONS) private readonly options: LimitOptions,
    private readonly failures: FailedAttempts,
    private readonly limited: LimitedRequests,
  ) {
    const { routes } = options.limits;
    this.windows = Object.fromEntries(
      Object.entries(routes).map(([name, { requests, windowSeconds }]) => [
        name,
        new RateLimiterMemory({ points: requests, duration: windowSeconds }),
      ]),
    ) as Record<LimitName, RateLimiterMemory>;
    this.gates = {
      agents: new FairGate(options.places),
      people: new FairGate(options.places),
    };
  }

  /** Requests that wait and that work, by gate. */
  get counts(): Readonly<Record<GateName, FairGate["counts"]>> {
    const { agents, people } = this.gates;
    return { agents: agents.counts, people: people.counts };
  }

  /** Counts what is counted per address, before anything of the request is read. @throws DomainError too_many_requests */
  async arrive(visit: Visit): Promise<void> {
    if (this.ruleOf(visit).per === "address")
      await this.count(visit, visit.address);
  }

  /**
   * Waits for its turn, then finds out who asks; the turn ends with the answer, or here for a route that waits.
   * @param presented the credential; undefined where there is none
   * @param work refuses a credential that is nobody's with `details.isNobodys`: that is counted
   * @throws DomainError too_many_requests; and what `work` throws
   */
  async admit<T>(
    visit: Visit,
    presented: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const digest =
      presented === undefined ? undefined : this.proven.digest(presented);
    await this.takeTurn(visit, digest);
    try {
      const found = await work();
      if (digest !== undefined) this.proven.add(digest);
      return found;
    } catch (error) {
      if (isRefusal(error) && digest !== undefined) this.proven.remove(digest);
      if (isNobodys(error)) await this.refuseTooMany(visit);
      throw error;
    } finally {
      if (this.ruleOf(visit).turns?.until === "signed in") visit.release();
    }
  }

  private async takeTurn(
    visit: Visit,
    digest: string | undefined,
  ): Promise<void> {
    const { per, turns } = this.ruleOf(visit);
    const isProven = digest !== undefined && this.proven.has(digest);
    if (isProven && per === "credential") await this.count(visit, digest);
    if (!turns) return;
    const isOwnLine = isProven && per === "credential";
    const line = isOwnLine
      ? { key: digest, limits: turns }
      : this.lineOfAddress(visit, turns);
    try {
      const enter = this.gates[turns.gate].enter(
        `${visit.limit} ${line.key}`,
        line.limits,
        visit.signal,
      );
      visit.hold(await enter);
    } catch (error) {
      if (!(error instanceof LineFullError)) throw error;
      throw this.refusal(visit, "waiting", {
        seconds: 1,
        sentence: `${line.limits.waiting} requests of this kind are waiting already: send fewer at once.`,
      });
    }
  }

  private lineOfAddress({ address }: Visit, { inFlight }: Turns) {
    const isFailing = this.failures.isBarred(address);
    return {
      key: address,
      limits: {
        inFlight: isFailing ? FAILING_IN_FLIGHT : Math.max(inFlight, 4),
        waiting: ADDRESS_WAITING,
        isStranger: true,
      },
    };
  }

  /** @throws DomainError too_many_requests */
  private async count(visit: Visit, key: string): Promise<void> {
    try {
      await this.windows[visit.limit].consume(key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const { requests, windowSeconds } = this.ruleOf(visit);
      throw this.refusal(visit, "rate", {
        seconds: error.msBeforeNext / 1000,
        sentence: `More than ${requests} requests of this kind in ${windowSeconds} s: send fewer.`,
      });
    }
  }

  private async refuseTooMany(visit: Visit): Promise<void> {
    const seconds = await this.failures.note(visit.address);
    if (seconds === undefined) return;
    throw this.refusal(visit, "failures", {
      seconds,
      sentence:
        "Too many attempts with credentials that are nobody's came from this address: check the credential.",
    });
  }

  /** The time to wait is drawn, so that those who were refused together don't come back together. */
  private refusal(
    visit: Visit,
    reason: LimitReason,
    { seconds, sentence }: { seconds: number; sentence: string },
  ): DomainError {
    this.limited.note(visit, reason);
    const retryAfterSeconds = Math.ceil(
      Math.max(1, seconds) * (1 + this.options.random()),
    );
    visit.retryAfter(retryAfterSeconds);
    return new DomainError(
      "too_many_requests",
      `${sentence} Try again in ${retryAfterSeconds} s.`,
      { retryAfterSeconds, details: { limit: visit.limit, reason } },
    );
  }

  private ruleOf(visit: Visit): Limit {
    return this.options.limits.routes[visit.limit];
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DomainError && error.code === "unauthenticated";
}

function isNobodys(error: unknown): boolean {
  return error instanceof DomainError && error.details["isNobodys"] === true;
}
