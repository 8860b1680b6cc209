import type { Clock } from "@vworkspace/kernel";

/** Said from here on, and until it is less than half of it: a node whose time drifts around the threshold says it once. */
const TOLD_MS = 60_000;
const SETTLED_MS = TOLD_MS / 2;
/** Date counts whole seconds and is cut, not rounded. */
const HALF_A_SECOND_MS = 500;

/**
 * The time as the control plane has it, by the `Date` header of its answers (agent contract, MED-6): for what the agent signs
 * and judges. Between two answers it goes on by the clock that nobody sets.
 *
 * Where a relay ends TLS, or over plain HTTP, the header can lie. What that costs: a job that has expired looks open, or an
 * open one expired, which is refused without a result and offered again. It lets nobody in: a proof (RFC 9449) is fresh by
 * the gateway's nonce, certificates are judged by the node's own clock, and so is when the credential is renewed.
 */
export class ControlPlaneTime {
  private heard:
    { readonly at: number; readonly monotonic: number } | undefined;
  /** What was said of the skew, in milliseconds; undefined: nothing needs to be said. */
  private toldMs: number | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** Milliseconds since the epoch, as the control plane counts; the node's own before the first answer. */
  now(): number {
    if (this.heard === undefined) return this.clock.now();
    return this.heard.at + this.clock.monotonic() - this.heard.monotonic;
  }

  /** How far the node's clock is ahead of the control plane's, in milliseconds; negative where it is behind. */
  get skewMs(): number {
    return this.clock.now() - this.now();
  }

  /** The skew in words with its remedy, while it is worth a person's attention; the same words until it has doubled or halved. */
  get complaint(): string | undefined {
    if (this.toldMs === undefined) return undefined;
    const seconds = Math.round(Math.abs(this.toldMs) / 1000);
    const direction = this.toldMs > 0 ? "ahead of" : "behind";
    return `The node's clock is ${seconds} s ${direction} the control plane's: set the time of the node that the agent runs on (NTP), or the control plane's.`;
  }

  /** Called when the complaint comes, changes or goes. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** An answer came just now, with this `Date` header. What is no date changes nothing. */
  answered(date: unknown): void {
    const at = typeof date === "string" ? Date.parse(date) : NaN;
    if (Number.isNaN(at)) return;
    this.heard = {
      at: at + HALF_A_SECOND_MS,
      monotonic: this.clock.monotonic(),
    };
    const told = toldSkew(this.skewMs, this.toldMs);
    if (told === this.toldMs) return;
    this.toldMs = told;
    for (const listener of this.listeners) listener();
  }
}

/** What is to be said of a skew, given what was said of it before. */
function toldSkew(
  skewMs: number,
  toldMs: number | undefined,
): number | undefined {
  const size = Math.abs(skewMs);
  if (size <= (toldMs === undefined ? TOLD_MS : SETTLED_MS)) return undefined;
  const ratio = skewMs / (toldMs ?? Infinity);
  return ratio > 0.5 && ratio < 2 ? toldMs : skewMs;
}
