import type { ResourceRef } from "@vworkspace/contract";
import { type Clock, newId } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import type { Link } from "../control-plane/link";
import type { Reporter } from "./reporter";
import { snapshotPages } from "./snapshot.decide";

export interface PulseOptions {
  readonly reporter: Reporter;
  readonly link: Link;
  readonly clock: Clock;
  readonly agentVersion: string;
  readonly disconnectAfterMs: number;
  /** The agent's own Cluster object. */
  readonly clusterRef: () => ResourceRef;
  /** Everything a snapshot lists; undefined while it isn't known completely. */
  readonly observed: () => readonly KubeObject[] | undefined;
}

const HEARTBEAT_MS = 60_000;
const SNAPSHOT_MS = 15 * 60_000;
const LOOK_MS = 1_000;

/** What the agent says unasked: a heartbeat every minute; a snapshot at start, after a silence, and every 15 minutes. */
export class Pulse {
  private heartbeatAt = -Infinity;
  private snapshotAt = -Infinity;

  constructor(private readonly options: PulseOptions) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.beat();
      await this.options.clock.sleep(LOOK_MS, signal);
    }
  }

  /** Says what is due. While nobody listens nothing is said: a heartbeat that waited tells nothing. */
  async beat(): Promise<void> {
    const { link, clock, disconnectAfterMs } = this.options;
    if (!link.isAlive(disconnectAfterMs)) {
      this.heartbeatAt = this.snapshotAt = -Infinity;
      return;
    }
    if (clock.now() - this.heartbeatAt >= HEARTBEAT_MS) await this.heartbeat();
    if (clock.now() - this.snapshotAt >= SNAPSHOT_MS) await this.snapshot();
  }

  private async heartbeat(): Promise<void> {
    const { reporter, clock, clusterRef, agentVersion } = this.options;
    this.heartbeatAt = clock.now();
    await reporter.report({
      kind: "ClusterHeartbeat",
      resourceRef: clusterRef(),
      agentVersion,
    });
  }

  private async snapshot(): Promise<void> {
    const { reporter, clock, clusterRef, observed } = this.options;
    const objects = observed();
    if (objects === undefined) return;
    this.snapshotAt = clock.now();
    for (const snapshot of snapshotPages(objects, newId())) {
      await reporter.report({
        kind: "ClusterSnapshot",
        resourceRef: clusterRef(),
        snapshot,
      });
    }
  }
}
