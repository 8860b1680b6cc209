/**
 * "Something changed for cluster X": wakes whoever waits for it, on this replica at once and on the others by a hint.
 * A hint may be lost; what decides is always the query of who was woken, and a slow sweep catches the rest.
 */
export abstract class ClusterSignals {
  /** Calls `wake` whenever the cluster is signalled, until the returned function is called. */
  abstract subscribe(clusterId: string, wake: () => void): () => void;
  /** To be called after the commit of the change, never before. */
  abstract signal(clusterId: string): void;
  /** Wakes the waiters of this replica only. */
  abstract wakeHere(clusterId: string): void;
  /** Ids of all clusters that someone waits for on this replica. */
  abstract waiting(): readonly string[];
}

/** The waiters of one replica. */
export class LocalWaiters {
  private readonly waiters = new Map<string, Set<() => void>>();

  add(clusterId: string, wake: () => void): () => void {
    const others = this.waiters.get(clusterId) ?? new Set();
    this.waiters.set(clusterId, others.add(wake));
    return () => {
      others.delete(wake);
      if (others.size === 0 && this.waiters.get(clusterId) === others)
        this.waiters.delete(clusterId);
    };
  }

  wake(clusterId: string): void {
    for (const wake of this.waiters.get(clusterId) ?? []) wake();
  }

  ids(): readonly string[] {
    return [...this.waiters.keys()];
  }
}
