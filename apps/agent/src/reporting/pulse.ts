import {
  canonicalJson,
  type ControllerState,
  type ResourceRef,
} from "@vworkspace/contract";
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
  /** The cluster's controllers and add-ons; undefined while they aren't known. */
  readonly controllers: () => readonly ControllerState[] | undefined;
  /** Everything a snapshot lists; undefined while it isn't known completely. */
  readonly observed: () => readonly KubeObject[] | undefined;
  readonly random?: () => number;
}

const HEARTBEAT_MS = 60_000;
const SNAPSHOT_MS = 15 * 60_000;
const LOOK_MS = 1_000;
/** Longer than the longest pause between two attempts to send events, so that these find out first whether anybody listens. */
const GREETING_MS = 90_000;
const GREETING_LOOK_MS = 100;

/** What the agent says unasked: a heartbeat every minute; a snapshot at start, after a silence, and every 15 minutes. */
export class Pulse {
  private isSilent = true;
  /** One poll has waited in vain since the control plane was heard again: the next ones don't. */
  private hasWaited = false;
  private heartbeatAt = -Infinity;
  private snapshotDueAt = -Infinity;
  private saidControllers = "";
  private speaking: Promise<void> | undefined;

  constructor(private readonly options: PulseOptions) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.beat();
      await this.options.clock.sleep(LOOK_MS, signal);
    }
  }

  /** Says what is due. While nobody listens nothing is said: a heartbeat that waited tells nothing. */
  beat(): Promise<void> {
    this.speaking ??= this.sayWhatIsDue().finally(
      () => (this.speaking = undefined),
    );
    return this.speaking;
  }

  private async sayWhatIsDue(): Promise<void> {
    const { clock } = this.options;
    if (!this.isHeard()) return;
    const isNews = this.controllersText() !== this.saidControllers;
    if (isNews || clock.monotonic() - this.heartbeatAt >= HEARTBEAT_MS)
      await this.heartbeat();
    if (this.isSilent || clock.monotonic() >= this.snapshotDueAt)
      await this.snapshot();
  }

  /**
   * Before a poll: after a silence, what the agent sees is stored at the control plane before it asks for work, so that nothing
   * is ordered on the ground of what was long ago. Waits for that, but once and not for long: where events can't be sent at all,
   * or the cluster isn't known, jobs come all the same.
   */
  async greet(signal: AbortSignal): Promise<void> {
    const { reporter, clock } = this.options;
    if (!this.hasToGreet()) return;
    const endsAt = clock.monotonic() + GREETING_MS;
    if (reporter.queued === 0) await this.heartbeat();
    while (this.isSilent && clock.monotonic() < endsAt && !signal.aborted) {
      if (this.isHeard()) await this.beat();
      else await reporter.stored(GREETING_LOOK_MS, signal);
      if (this.isSilent) await clock.sleep(GREETING_LOOK_MS, signal);
    }
    this.hasWaited = this.isHeard();
    if (!this.isSilent)
      await reporter.stored(endsAt - clock.monotonic(), signal);
  }

  private hasToGreet(): boolean {
    const { status } = this.options.link.facts.authentication;
    // Nothing is sent with a refused credential: a poll finds out whether it is taken again.
    if (status === "rejected" || status === "expired") return false;
    return !this.isHeard() || (this.isSilent && !this.hasWaited);
  }

  private isHeard(): boolean {
    const { link, disconnectAfterMs } = this.options;
    if (link.isAlive(disconnectAfterMs)) return true;
    this.isSilent = true;
    this.hasWaited = false;
    this.heartbeatAt = -Infinity;
    return false;
  }

  private async heartbeat(): Promise<void> {
    const { reporter, clock, clusterRef, agentVersion } = this.options;
    const controllers = this.options.controllers();
    this.heartbeatAt = clock.monotonic();
    this.saidControllers = this.controllersText();
    await reporter.report({
      kind: "ClusterHeartbeat",
      resourceRef: clusterRef(),
      agentVersion,
      ...(controllers && { controllers: [...controllers] }),
    });
  }

  private controllersText(): string {
    return canonicalJson(this.options.controllers() ?? []);
  }

  private async snapshot(): Promise<void> {
    const { reporter, clock, clusterRef, observed } = this.options;
    const { random = Math.random } = this.options;
    const objects = observed();
    if (objects === undefined) return;
    // Agents that came back together don't go on together: the pause is a fifth shorter at most.
    this.snapshotDueAt = clock.monotonic() + SNAPSHOT_MS * (1 - random() / 5);
    for (const snapshot of snapshotPages(objects, newId())) {
      await reporter.report({
        kind: "ClusterSnapshot",
        resourceRef: clusterRef(),
        snapshot,
      });
    }
    this.isSilent = false;
  }
}
