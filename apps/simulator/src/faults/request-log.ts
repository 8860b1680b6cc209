import type { FaultyRequest } from "./faults.decide";

/** How many requests of one user, verb and resource there were; of other paths the resource is empty. */
export interface RequestCount extends FaultyRequest {
  readonly count: number;
}

/** Counts what is asked of the API server, watches included. */
export class RequestLog {
  private readonly counts = new Map<string, RequestCount>();

  note(request: FaultyRequest): void {
    const { user, verb, resource } = request;
    const key = `${user} ${verb} ${resource}`;
    const count = (this.counts.get(key)?.count ?? 0) + 1;
    this.counts.set(key, { user, verb, resource, count });
  }

  /** The most frequent first. */
  table(): RequestCount[] {
    return [...this.counts.values()].sort((a, b) => b.count - a.count);
  }

  clear(): void {
    this.counts.clear();
  }
}
