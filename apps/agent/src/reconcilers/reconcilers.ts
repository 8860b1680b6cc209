import type { Clock } from "@vworkspace/kernel";
import {
  again,
  KeyedQueue,
  type KubeObject,
  parseKey,
  type ReconcileOutcome,
  Runner,
} from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  OPERATION,
} from "@vworkspace/resources";
import type { Link } from "../control-plane/link";
import { isGone, isStaleRead } from "../kube-failures";
import { type Log, reasonOf } from "../log";
import {
  CONFIG_MAP,
  CUSTOM_RESOURCE_DEFINITION,
  DAEMON_SET,
  DEPLOYMENT,
  EVENT,
  HELM_RELEASE,
  HELM_REPOSITORY,
  HTTP_ROUTE,
  INGRESS,
  INTEGRATION_KINDS,
  NAMESPACE,
  OCI_REPOSITORY,
  SECRET,
  SERVICE,
  type WatchKey,
} from "../watches/watched-kinds";
import type { Watches } from "../watches/watches";
import type { ApplicationInstanceReconciler } from "./application-instance/application-instance.reconciler";
import { instanceOfIntegration } from "./application-instance/integrations/integrations.desired";
import type { ProbeRounds } from "./application-instance/probes/probe-rounds";
import type { ClusterReconciler } from "./cluster/cluster.reconciler";
import type { OperationReconciler } from "./operation/operation.reconciler";
import { OperationKeys } from "./operation/operation-keys";
import { controllersRunningAs } from "./cluster/controllers.decide";
import { InstalledObjects } from "./installed-objects";
import {
  instanceOfEvent,
  instancesAskingFor,
  instancesReading,
  instancesWaitingForName,
} from "./instances-to-wake.decide";

export interface ReconcilersOptions {
  readonly instances: ApplicationInstanceReconciler;
  readonly cluster: ClusterReconciler;
  readonly operations: OperationReconciler;
  readonly probes: ProbeRounds;
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
/** What tells where an application is reached. */
const INSTALLED_KINDS = [SERVICE, INGRESS, HTTP_ROUTE];
const THE_CLUSTER = "this";

interface Queues {
  readonly instances: KeyedQueue;
  readonly operations: KeyedQueue;
  readonly cluster: KeyedQueue;
}

/** Runs the reconcilers: turns what the watches and the link tell into keys, and keys into runs. */
export class Reconcilers {
  /** Of the run under way; what is told between runs is found again by the next one. */
  private queues: Queues | undefined;
  private readonly installed = new InstalledObjects();
  private readonly operationKeys = new OperationKeys();

  constructor(private readonly options: ReconcilersOptions) {
    this.listen();
  }

  get queued(): number {
    const { instances, operations } = this.queues ?? {};
    return (instances?.size ?? 0) + (operations?.size ?? 0);
  }

  /** Runs until `signal` aborts and what is under way has ended. May be run again after that. */
  async run(signal: AbortSignal): Promise<void> {
    const { instances, operations, cluster, probes, clock } = this.options;
    const queues = {
      instances: new KeyedQueue({ clock }),
      operations: new KeyedQueue({ clock }),
      cluster: new KeyedQueue({ clock }),
    };
    this.queues = queues;
    this.addCluster();
    this.addAll();
    this.addAllTargets();
    await Promise.all([
      probes.run(signal),
      this.runner(APPLICATION_INSTANCE.kind, queues.instances, (key) =>
        instances.reconcile(key),
      ).start(signal),
      this.runner(OPERATION.kind, queues.operations, (key) =>
        operations.reconcile(key),
      ).start(signal),
      this.runner(CLUSTER.kind, queues.cluster, () =>
        cluster.reconcile(),
      ).start(signal),
    ]);
    this.queues = undefined;
  }

  private listen(): void {
    const { watches, probes } = this.options;
    watches.onChange(APPLICATION_INSTANCE, (key, object) => {
      this.add(key);
      if (object === undefined) this.addWaitingForName(key);
    });
    // Derived objects carry their instance's name, so that a deleted one still leads to it.
    for (const kind of FLUX_KINDS) {
      watches.onChange(kind, (key, object) => {
        this.addKnown(key);
        if (object === undefined) this.addWaitingForName(key);
      });
      watches.onServed(kind, () => this.addAll());
    }
    watches.onChange(NAMESPACE, (namespace) => this.addAll(`${namespace}/`));
    this.listenToWhatIsRead();
    this.listenToWhatIsInstalled();
    this.listenToIntegrations();
    probes.onChange((key) => this.addKnown(key));
    this.listenForTheCluster();
    this.listenForOperations();
  }

  /** Operations wait for one another, for their target, for a Secret, for a controller: what changes wakes who may go on. */
  private listenForOperations(): void {
    const { watches, operations } = this.options;
    watches.onChange(OPERATION, (key, object) => {
      const target = this.operationKeys.targetOf(key, object);
      if (object === undefined) operations.forget(key);
      if (target !== undefined) this.queues?.operations.add(target);
    });
    watches.onChange(APPLICATION_INSTANCE, (key) => this.addTarget(key));
    watches.onChange(NAMESPACE, (name) => this.addAllTargets(`${name}/`));
    this.onSecret((namespace) => this.addAllTargets(`${namespace}/`));
    watches.onChange(CUSTOM_RESOURCE_DEFINITION, () => this.addAllTargets());
  }

  private onSecret(changed: (namespace: string) => void): void {
    const { watches } = this.options;
    if (!watches.isWatched(SECRET)) return;
    watches.onChange(SECRET, (key) => changed(parseKey(key).namespace ?? ""));
  }

  /** If something is wanted of it. */
  private addTarget(key: string): void {
    if (this.operationKeys.isTarget(key)) this.queues?.operations.add(key);
  }

  private addAllTargets(prefix = ""): void {
    for (const key of this.operationKeys.targets)
      if (key.startsWith(prefix)) this.queues?.operations.add(key);
  }

  private listenForTheCluster(): void {
    const { watches, link } = this.options;
    const addCluster = () => this.addCluster();
    watches.onChange(CLUSTER, addCluster);
    watches.onServed(CLUSTER, addCluster);
    link.onChange(addCluster);
    watches.onChange(CUSTOM_RESOURCE_DEFINITION, addCluster);
    for (const kind of [DEPLOYMENT, DAEMON_SET])
      watches.onChange(kind, (_, object) => {
        // Most are applications, which come and go all day.
        if (object === undefined || controllersRunningAs(object).length > 0)
          addCluster();
      });
  }

  private listenToWhatIsRead(): void {
    const { watches } = this.options;
    const instances = () => watches.objects(APPLICATION_INSTANCE);
    this.onChange(CONFIG_MAP, (key) =>
      instancesReading("ConfigMap", key, instances()),
    );
    this.onChange(SECRET, (key) =>
      instancesReading("Secret", key, instances()),
    );
    this.onChange(EVENT, (_, event) => [instanceOfEvent(event)]);
  }

  private listenToWhatIsInstalled(): void {
    for (const kind of INSTALLED_KINDS)
      this.onChange(kind, (key, object) => {
        const instance = this.installed.instanceOf(kind.kind, key, object);
        return instance === undefined ? [] : [instance];
      });
  }

  /** Their names lead to the instance, also of those that are gone. */
  private listenToIntegrations(): void {
    const { watches } = this.options;
    for (const kind of INTEGRATION_KINDS) {
      this.onChange(kind, (key) => [instanceOfIntegration(key) ?? ""]);
      if (watches.isWatched(kind))
        watches.onServed(kind, () => this.addAllWith(kind));
    }
  }

  /** A change of a kind, where it is watched, wakes the instances that `concerned` names. */
  private onChange(
    kind: WatchKey,
    concerned: (
      key: string,
      object: KubeObject | undefined,
    ) => readonly string[],
  ): void {
    const { watches } = this.options;
    if (!watches.isWatched(kind)) return;
    watches.onChange(kind, (key, object) => {
      for (const instance of concerned(key, object)) this.addKnown(instance);
    });
  }

  private add(key: string): void {
    this.queues?.instances.add(key);
  }

  private addCluster(): void {
    this.queues?.cluster.add(THE_CLUSTER);
  }

  private addKnown(key: string): void {
    if (this.options.watches.objects(APPLICATION_INSTANCE).has(key))
      this.add(key);
  }

  /** What is gone may have held the name that others in its namespace wait for. */
  private addWaitingForName(key: string): void {
    const { namespace = "" } = parseKey(key);
    const instances = this.options.watches.objects(APPLICATION_INSTANCE);
    for (const waiting of instancesWaitingForName(namespace, instances))
      this.add(waiting);
  }

  private addAll(prefix = ""): void {
    const { watches } = this.options;
    for (const key of watches.objects(APPLICATION_INSTANCE).keys())
      if (key.startsWith(prefix)) this.add(key);
  }

  /** What asks for an object of the kind. */
  private addAllWith({ kind }: WatchKey): void {
    const instances = this.options.watches.objects(APPLICATION_INSTANCE);
    for (const key of instancesAskingFor(kind, instances)) this.add(key);
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
