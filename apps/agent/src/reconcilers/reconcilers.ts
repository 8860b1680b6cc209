import type { Clock } from "@vworkspace/kernel";
import {
  again,
  KeyedQueue,
  type ReconcileOutcome,
  Runner,
} from "@vworkspace/kube";
import { APPLICATION_INSTANCE, CLUSTER } from "@vworkspace/resources";
import type { Link } from "../control-plane/link";
import { isGone, isStaleRead } from "../kube-failures";
import { type Log, reasonOf } from "../log";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  NAMESPACE,
  OCI_REPOSITORY,
} from "../watches/watched-kinds";
import type { Watches } from "../watches/watches";
import type { ApplicationInstanceReconciler } from "./application-instance/application-instance.reconciler";
import type { ClusterReconciler } from "./cluster/cluster.reconciler";

export interface ReconcilersOptions {
  readonly instances: ApplicationInstanceReconciler;
  readonly cluster: ClusterReconciler;
  readonly watches: Watches;
  readonly link: Link;
  readonly clock: Clock;
  readonly log: Log;
  readonly onRun?: (kind: string, hasFailed: boolean) => void;
}

/** Somebody else wrote or deleted between our read and our write: no failure, only a reason to read again. */
function againIfStale(error: unknown): ReconcileOutcome {
  if (isStaleRead(error) || isGone(error)) return again;
  throw error;
}

const FLUX_KINDS = [HELM_RELEASE, HELM_REPOSITORY, OCI_REPOSITORY];
const THE_CLUSTER = "this";

/** Runs the reconcilers: turns what the watches and the link tell into keys, and keys into runs. */
export class Reconcilers {
  private readonly instanceQueue: KeyedQueue;
  private readonly clusterQueue: KeyedQueue;

  constructor(private readonly options: ReconcilersOptions) {
    const { clock } = options;
    this.instanceQueue = new KeyedQueue({ clock });
    this.clusterQueue = new KeyedQueue({ clock });
    this.listen();
  }

  get queued(): number {
    return this.instanceQueue.size;
  }

  /** Runs until `signal` aborts and what is under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { instances, cluster } = this.options;
    this.clusterQueue.add(THE_CLUSTER);
    await Promise.all([
      this.runner(APPLICATION_INSTANCE.kind, this.instanceQueue, (key) =>
        instances.reconcile(key),
      ).start(signal),
      this.runner(CLUSTER.kind, this.clusterQueue, () =>
        cluster.reconcile(),
      ).start(signal),
    ]);
  }

  private listen(): void {
    const { watches, link } = this.options;
    watches.onChange(APPLICATION_INSTANCE, (key) =>
      this.instanceQueue.add(key),
    );
    // Derived objects carry their instance's name, so that a deleted one still leads to it.
    for (const kind of FLUX_KINDS) {
      watches.onChange(kind, (key) => this.addKnown(key));
      watches.onServed(kind, () => this.addAll());
    }
    watches.onChange(NAMESPACE, (namespace) => this.addAll(`${namespace}/`));
    const addCluster = () => this.clusterQueue.add(THE_CLUSTER);
    watches.onChange(CLUSTER, addCluster);
    watches.onServed(CLUSTER, addCluster);
    link.onChange(addCluster);
  }

  private addKnown(key: string): void {
    if (this.options.watches.objects(APPLICATION_INSTANCE).has(key))
      this.instanceQueue.add(key);
  }

  private addAll(prefix = ""): void {
    const { watches } = this.options;
    for (const key of watches.objects(APPLICATION_INSTANCE).keys())
      if (key.startsWith(prefix)) this.instanceQueue.add(key);
  }

  private runner(
    kind: string,
    queue: KeyedQueue,
    reconcile: (key: string) => Promise<ReconcileOutcome>,
  ): Runner {
    const { log, onRun } = this.options;
    return new Runner({
      queue,
      reconcile: async (key) => {
        const outcome = await reconcile(key).catch(againIfStale);
        onRun?.(kind, false);
        return outcome;
      },
      onRetry: (key, error, retryInMs) => {
        onRun?.(kind, true);
        log.warn(
          { kind, key, reason: reasonOf(error), retryInMs },
          "A reconcile failed; trying again.",
        );
      },
      onStalled: (key, error) =>
        log.error(
          { kind, key, reason: reasonOf(error) },
          "A reconcile can't go on.",
        ),
    });
  }
}
