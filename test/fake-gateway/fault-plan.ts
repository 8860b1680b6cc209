/** Faults that the next requests meet, for tests of an agent. */
export interface Fault {
  /** How many requests meet it. */
  readonly times: number;
  /** Answered in place of the request's effect; 503 if neither this nor `cut` is given. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** The request takes effect and its answer is lost; a poll, which has no effect, is cut at once. */
  readonly cut?: boolean;
  /** Only requests whose path (without `/api/agent`) matches; all if absent. */
  readonly path?: RegExp;
}

export class FaultPlan {
  private faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.faults.push({ fault, left: fault.times });
  }

  /** The fault that this request meets, if any; the earliest planned first. */
  take(path: string): Fault | undefined {
    const hit = this.faults.find(
      ({ fault, left }) => left > 0 && (fault.path?.test(path) ?? true),
    );
    if (hit === undefined) return undefined;
    hit.left -= 1;
    this.faults = this.faults.filter(({ left }) => left > 0);
    return hit.fault;
  }
}
