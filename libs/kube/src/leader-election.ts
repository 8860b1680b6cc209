import type { Clock } from "@vworkspace/kernel";
import type { Fence } from "./fenced-connection";
import {
  type LeaseApi,
  LeaseLock,
  type LeaseName,
  type LeaseSpec,
  type SeenLease,
} from "./lease-lock";

/** In milliseconds; the defaults are those of Kubernetes' own controllers. */
export interface LeaseTimes {
  /** Others take over when a Lease has not changed for so long: 15 s. */
  readonly leaseMs: number;
  /** The leader stops by itself so long after the sending of its last renewal that succeeded: 10 s. */
  readonly renewDeadlineMs: number;
  /** Between two attempts: 2 s. */
  readonly retryMs: number;
}

export interface LeaderElectionOptions {
  /** Not behind the election's own fence. */
  readonly api: LeaseApi;
  readonly clock: Clock;
  readonly lease: LeaseName;
  /** Of this process and no other one, ever. */
  readonly identity: string;
  readonly times?: LeaseTimes;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
  /**
   * Requests that failed, and what `lead` threw. They are tried again; of requests that fail in a row one is told, and another
   * one when it fails differently.
   */
  readonly onError?: (error: unknown) => void;
  /** Another one holds the Lease now, as last seen. */
  readonly onOther?: (holder: string) => void;
}

export const LEASE_TIMES: LeaseTimes = {
  leaseMs: 15_000,
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
};
/** Candidates that wait for one Lease don't all come in the same moment. */
const TAKEOVER_JITTER_MS = 500;

interface Observed {
  readonly lease: SeenLease;
  /** When it was first seen so, on this process's monotonic clock. */
  readonly at: number;
}

/**
 * One leader among processes that can reach the same API server, by client-go's rules. No clock is compared with another
 * one's: a candidate measures, on its own, how long it has seen the Lease unchanged; a leader counts from before it sent the
 * renewal. So there is never a second leader as long as clocks run at about the same rate (renewDeadlineMs : leaseMs), however
 * wrong they are and however long messages take.
 */
export class LeaderElection implements Fence {
  private readonly lock: LeaseLock;
  private readonly times: LeaseTimes;
  private observed: Observed | undefined;
  private validUntil = -Infinity;
  private term = new AbortController();
  private toldOf: string | undefined;
  /** The last request's failure, as text; undefined after one that succeeded. */
  private toldFailure: string | undefined;

  constructor(private readonly options: LeaderElectionOptions) {
    this.lock = new LeaseLock(options.api, options.lease);
    this.times = options.times ?? LEASE_TIMES;
    this.term.abort();
  }

  /** Whether this process leads, at this very moment. */
  get isLeading(): boolean {
    return !this.term.signal.aborted && this.now() < this.validUntil;
  }

  /** Who looks when the time has passed ends the term, so that what was refused for it was also told to end. */
  get isOpen(): boolean {
    if (!this.isLeading) this.term.abort();
    return this.isLeading;
  }

  get closes(): AbortSignal {
    return this.term.signal;
  }

  /**
   * Stands by, leads whenever it can, and stands by again when it lost the Lease, until `signal` aborts; then gives the Lease
   * back, and resolves. Never rejects.
   * @param lead runs until its signal aborts: the Lease is lost, which leaves it leaseMs - renewDeadlineMs, or everything ends,
   * which leaves it as long as it takes
   */
  async run(
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.tryToLead();
      if (this.validUntil > this.now()) await this.serve(lead, signal);
      // Also after a term: one that ended by itself is begun again by another one, if there is any.
      await this.options.clock.sleep(waitMs, signal);
    }
  }

  private async serve(
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    this.term = new AbortController();
    this.toldOf = undefined;
    const ended = new AbortController();
    const leading = lead(AbortSignal.any([this.term.signal, signal]))
      .catch((error: unknown) => this.options.onError?.(error))
      .finally(() => ended.abort());
    await this.renewUntil(ended.signal);
    const isLost = !ended.signal.aborted;
    this.term.abort();
    await leading;
    if (!isLost) await this.release();
    this.validUntil = -Infinity;
  }

  /** Resolves when `ended` aborts, or the Lease is lost. */
  private async renewUntil(ended: AbortSignal): Promise<void> {
    const { clock } = this.options;
    for (;;) {
      await clock.sleep(this.retryMs(), ended);
      const leftMs = this.validUntil - this.now();
      if (ended.aborted || leftMs <= 0) return;
      // A request that hangs leaves time for another one, over another connection.
      const limitMs = Math.min(leftMs, this.times.retryMs * 2);
      const outcome = await this.within(limitMs, () => this.renew());
      if (outcome === "lost") return;
    }
  }

  /** After a failure the time until the deadline is left to try again, and not more than that. */
  private retryMs(): number {
    return Math.min(
      this.times.retryMs * (0.8 + 0.2 * this.random()),
      Math.max(0, this.validUntil - this.now()),
    );
  }

  private async renew(): Promise<"renewed" | "outrun" | "lost"> {
    const { observed } = this;
    if (observed && (await this.write(observed.lease))) return "renewed";
    // Somebody wrote, or an earlier answer got lost.
    const lease = await this.lock.read();
    if (lease !== undefined) this.observe(lease);
    if (lease !== undefined && !this.isMine(lease.spec)) return "lost";
    return (await this.write(lease)) ? "renewed" : "outrun";
  }

  /** @returns how long to wait before the next attempt, in milliseconds */
  private async tryToLead(): Promise<number> {
    await this.within(this.times.retryMs * 2, async () => {
      const lease = await this.lock.read();
      if (lease !== undefined) this.observe(lease);
      if (this.freeInMs() <= 0) await this.write(lease);
    });
    const retryMs = this.times.retryMs * (1 + 0.5 * this.random());
    const freeInMs = this.freeInMs();
    if (freeInMs <= 0) return retryMs;
    return Math.min(retryMs, freeInMs + TAKEOVER_JITTER_MS * this.random());
  }

  /** How long the Lease is still another one's. One that was deleted is so until its holder must have noticed. */
  private freeInMs(): number {
    if (this.observed === undefined) return 0;
    const { lease, at } = this.observed;
    const { holderIdentity, leaseDurationSeconds } = lease.spec;
    if (!holderIdentity || this.isMine(lease.spec)) return 0;
    const heldMs = (leaseDurationSeconds ?? 0) * 1_000 || this.times.leaseMs;
    return at + heldMs - this.now();
  }

  /** Takes or renews the Lease, and leads for renewDeadlineMs from before the request. */
  private async write(old: SeenLease | undefined): Promise<boolean> {
    const sentAt = this.now();
    const spec = this.mine(old?.spec);
    const written = await (old === undefined
      ? this.lock.create(spec)
      : this.lock.replace(old, spec));
    if (written === undefined) return false;
    this.observed = { lease: written, at: sentAt };
    this.validUntil = Math.max(
      this.validUntil,
      sentAt + this.times.renewDeadlineMs,
    );
    return true;
  }

  private mine(old: LeaseSpec | undefined): LeaseSpec {
    const now = `${this.options.clock.timestamp().slice(0, -1)}000Z`;
    const isRenewal = old !== undefined && this.isMine(old);
    const transitions = old?.leaseTransitions ?? 0;
    return {
      holderIdentity: this.options.identity,
      leaseDurationSeconds: Math.ceil(this.times.leaseMs / 1_000),
      acquireTime: (isRenewal ? old.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions:
        old === undefined || isRenewal ? transitions : transitions + 1,
    };
  }

  private isMine(spec: LeaseSpec): boolean {
    return spec.holderIdentity === this.options.identity;
  }

  /** What counts as a sign of life is that the holder wrote, not that somebody put an annotation on the Lease. */
  private observe(lease: SeenLease): void {
    const isSame =
      JSON.stringify(lease.spec) === JSON.stringify(this.observed?.lease.spec);
    const at = isSame && this.observed ? this.observed.at : this.now();
    this.observed = { lease, at };
    const holder = lease.spec.holderIdentity;
    if (!holder || this.isMine(lease.spec) || holder === this.toldOf) return;
    this.toldOf = holder;
    this.options.onOther?.(holder);
  }

  /** Lets another one lead at once; where that fails, it will when the Lease has run out. */
  private async release(): Promise<void> {
    const { observed } = this;
    if (observed === undefined || !this.isMine(observed.lease.spec)) return;
    const spec = { ...observed.lease.spec, holderIdentity: "" };
    await this.within(this.times.retryMs, async () => {
      const lease = await this.lock.replace(observed.lease, spec);
      if (lease !== undefined) this.observe(lease);
    });
  }

  /** The outcome of a call, or undefined where it failed or took too long: what it does later is then nobody's. */
  private async within<T>(
    ms: number,
    call: () => Promise<T>,
  ): Promise<T | undefined> {
    const answered = new AbortController();
    const outcome = call()
      .then((result) => {
        this.toldFailure = undefined;
        return result;
      })
      .catch((error: unknown) => void this.tellFailure(error))
      .finally(() => answered.abort());
    const isLate = await this.options.clock.sleep(ms, answered.signal);
    return isLate ? undefined : outcome;
  }

  private tellFailure(error: unknown): void {
    const text = String(error);
    if (text !== this.toldFailure) this.options.onError?.(error);
    this.toldFailure = text;
  }

  private now(): number {
    return this.options.clock.monotonic();
  }

  private random(): number {
    return (this.options.random ?? Math.random)();
  }
}
