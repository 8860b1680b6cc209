import type { ControllerState } from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import {
  type KubeApi,
  type KubeObject,
  recheckAfter,
  type ReconcileOutcome,
  settled,
} from "@vworkspace/kube";
import {
  ADMISSION_USERS,
  CLUSTER,
  type ClusterSpec,
  type ClusterStatus,
  FIELD_MANAGERS,
  FINALIZERS,
} from "@vworkspace/resources";
import type { ControlPlaneTime } from "../../control-plane/control-plane-time";
import type { Link } from "../../control-plane/link";
import type { Log } from "../../log";
import type { Reporter } from "../../reporting/reporter";
import { OWN_CLUSTER, ownCluster } from "../../watches/own-cluster";
import type { Watches } from "../../watches/watches";
import type { ConditionTeller } from "../condition-teller";
import type { ClusterCredential } from "./cluster-credential";
import { clusterToWrite, endpointNotice } from "./cluster.decide";
import { clusterStatus, terminatingStatus } from "./cluster.status";
import { controllerStates, type MissingPolicies } from "./controllers.decide";
import type { ControllerObserver } from "./controllers.observe";

export interface ClusterReconcilerOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly link: Link;
  readonly reporter: Reporter;
  readonly teller: ConditionTeller;
  readonly credential: ClusterCredential;
  readonly controllers: ControllerObserver;
  readonly clock: Clock;
  readonly time: Pick<ControlPlaneTime, "complaint">;
  readonly log: Log;
  readonly endpoint: string;
  readonly disconnectAfterMs: number;
  readonly agentNamespace: string;
  readonly agentVersion: string;
}

const RECHECK_MS = 30_000;
const WRITES = { fieldManager: FIELD_MANAGERS.operator };

/** Keeps the agent's own Cluster object: how it stands with the control plane, and what there is around it. */
export class ClusterReconciler {
  private readonly startedAt: number;
  private states: readonly ControllerState[] | undefined;
  private saidMissing = "";

  constructor(private readonly options: ClusterReconcilerOptions) {
    this.startedAt = options.clock.now();
  }

  /** Name of the Cluster object, also before it exists. */
  get name(): string {
    const seen = this.options.watches.objects(CLUSTER).values();
    return ownCluster(seen)?.metadata.name ?? OWN_CLUSTER;
  }

  /** The cluster's controllers as last seen; undefined before that. */
  get controllers(): readonly ControllerState[] | undefined {
    return this.states;
  }

  async reconcile(): Promise<ReconcileOutcome> {
    await this.lookAtControllers();
    const { watches } = this.options;
    if (!watches.isServed(CLUSTER)) return settled;
    if (!watches.hasSynced(CLUSTER)) return recheckAfter(RECHECK_MS);
    const existing = this.existing();
    if (existing?.metadata.deletionTimestamp !== undefined)
      return this.letGo(existing);
    const cluster = await this.written(existing);
    const handled = await this.options.credential.follow(cluster);
    await this.report(cluster, handled);
    return recheckAfter(RECHECK_MS);
  }

  private async lookAtControllers(): Promise<void> {
    const facts = await this.options.controllers.observe();
    if (facts === undefined) return;
    this.states = controllerStates(facts);
    this.sayWhetherFenced(facts.missingPolicies ?? []);
  }

  /** Once, and again when it changes: without the policies nothing but the agent itself keeps to its limits. */
  private sayWhetherFenced(missing: MissingPolicies): void {
    const { log } = this.options;
    const said = missing.toString();
    if (said !== this.saidMissing && missing === "unserved")
      log.info(
        {},
        "This API server serves no ValidatingAdmissionPolicies (Kubernetes has them from 1.30 on): what only they refuse, nobody refuses.",
      );
    else if (said !== this.saidMissing && missing === "elsewhere")
      log.warn(
        { agentNamespace: this.options.agentNamespace },
        `The admission policies name the agent in ${ADMISSION_USERS.agentNamespace}: run it there, or name this namespace in them.`,
      );
    else if (said !== this.saidMissing && missing.length > 0)
      log.warn(
        { missing },
        "Admission policies of vworkspace are missing in this cluster: apply deploy/policies.",
      );
    this.saidMissing = said;
  }

  /** As last seen: every write names the version that it was decided on. */
  private existing(): KubeObject | undefined {
    const seen = this.options.watches.object({ ...CLUSTER, name: this.name });
    return seen && { ...seen, ...CLUSTER };
  }

  private async written(existing: KubeObject | undefined): Promise<KubeObject> {
    const { api, endpoint, link } = this.options;
    const wanted = clusterToWrite(existing, {
      endpoint,
      clusterId: link.facts.clusterId,
    });
    if (wanted === undefined) return existing as KubeObject;
    return api.apply(wanted, WRITES);
  }

  private async report(
    cluster: KubeObject,
    handledRotation: string | undefined,
  ): Promise<void> {
    const { api, link, clock, reporter, credential } = this.options;
    const { teller } = this.options;
    teller.found(cluster);
    const old = (cluster["status"] ?? {}) as ClusterStatus;
    const disconnectAfterMs = this.disconnectAfterMs(cluster);
    const status = clusterStatus(
      old,
      {
        link: link.facts,
        isAlive: link.isAlive(disconnectAfterMs),
        buffer: reporter.buffer,
        startedAt: this.startedAt,
        disconnectAfterMs,
        clockComplaint: this.options.time.complaint,
        endpointNotice: endpointNotice(cluster, this.options.endpoint),
        agentNamespace: this.options.agentNamespace,
        agentVersion: this.options.agentVersion,
        controllers: this.states,
        credential: credential.facts,
        handledRotation,
      },
      { now: clock.now(), generation: cluster.metadata.generation ?? 0 },
    );
    if (status !== undefined)
      await api.patchStatus<KubeObject>({ ...cluster, status }, WRITES);
    await teller.tell(cluster, status ?? old);
  }

  private disconnectAfterMs(cluster: KubeObject): number {
    const { connectivity } = (cluster["spec"] ?? {}) as ClusterSpec;
    const seconds = connectivity?.disconnectAfterSeconds;
    return seconds === undefined
      ? this.options.disconnectAfterMs
      : seconds * 1000;
  }

  /**
   * A Cluster object that goes takes nothing with it: it shows the agent's state and isn't its source, so that another one is
   * written once it is gone. To leave, the agent is removed. The finalizer is only followed, for manifests that carry it.
   */
  private async letGo(cluster: KubeObject): Promise<ReconcileOutcome> {
    const { api } = this.options;
    const { name, resourceVersion, finalizers = [] } = cluster.metadata;
    const rest = finalizers.filter((it) => it !== FINALIZERS.clusterCleanup);
    if (rest.length === finalizers.length) return settled;
    const old = (cluster["status"] ?? {}) as ClusterStatus;
    if (old.phase !== "Terminating") {
      const status = terminatingStatus(old);
      await api.patchStatus<KubeObject>({ ...cluster, status }, WRITES);
      // Its change brings us back with the version that it has then.
      return settled;
    }
    await api.patch(
      { ...CLUSTER, name },
      { metadata: { resourceVersion, finalizers: rest } },
      WRITES,
    );
    return settled;
  }
}
