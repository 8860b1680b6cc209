import { ManualClock } from "@vworkspace/kernel";
import { type KubeObject, refOf } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  OPERATION,
  type Operation,
  type OperationSpec,
} from "@vworkspace/resources";
import { EngineActions } from "../engines/engine-actions";
import { Engines } from "../engines/engines";
import { HelmEngine } from "../engines/helm/helm.engine";
import { ConditionTeller } from "../reconcilers/condition-teller";
import { Approvals } from "../reconcilers/operation/approvals";
import type { Approval } from "../reconcilers/operation/observation";
import { OperationActions } from "../reconcilers/operation/operation-actions";
import { OperationObserver } from "../reconcilers/operation/operation.observe";
import { OperationReconciler } from "../reconcilers/operation/operation.reconciler";
import type { NewEvent, Reporter } from "../reporting/reporter";
import { KeptClusterEvents } from "./kept-cluster-events";
import { MemoryKubeApi } from "./memory-kube-api";
import { MemoryWatches } from "./memory-watches";
import { ScriptedEngine } from "./scripted-engine";

const NAMESPACE = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { "managed-by": "vworkspace" } },
};
export const TARGET_KEY = "shop/web";

/** Whoever asks for approval waits until a test gives it. */
class GivenApprovals extends Approvals {
  readonly given = new Set<string>();

  override judge({ metadata, spec }: Operation): Promise<Approval> {
    if (spec.approvals?.required !== true)
      return Promise.resolve({ state: "not-required" });
    return Promise.resolve(
      this.given.has(metadata.name)
        ? { state: "valid", by: "ann" }
        : { state: "missing" },
    );
  }
}

/** A cluster in memory with one application in it, and an agent that may be killed and started again. */
export class OperationBench {
  readonly api = new MemoryKubeApi();
  readonly watches = new MemoryWatches();
  readonly clock = new ManualClock();
  readonly approvals = new GivenApprovals();
  readonly events: NewEvent[] = [];
  private reconciler: OperationReconciler;

  /** @param judge of approvals, in place of those that are given here */
  constructor(private readonly judge?: Approvals) {
    this.reconciler = this.startAgent();
    this.watches.show(NAMESPACE);
    this.putTarget();
  }

  /** Nothing that it knew is left. */
  restart(): void {
    this.reconciler = this.startAgent();
  }

  putTarget(
    changes: { ready?: boolean; policy?: object; chart?: object } = {},
  ): void {
    const { ready = true, policy, chart } = changes;
    const status = ready ? "True" : "False";
    this.api.put({
      ...APPLICATION_INSTANCE,
      metadata: {
        name: "web",
        namespace: "shop",
        annotations: Object.fromEntries(
          ["backup", "restore", "upgrade", "run-command", "runbook"].map(
            (verb) => [`ops.vworkspace.io/${verb}`, "velero, job, helm"],
          ),
        ),
      },
      spec: {
        appRef: { catalogId: "web" },
        ...(policy && { policy }),
        ...(chart && { chart, release: { name: "web", namespace: "shop" } }),
      },
      status: {
        conditions: [{ type: "Ready", status, reason: "Said", message: "" }],
      },
    });
  }

  /** An operation of the scripted engine, as a job or a person brings it. */
  putOperation(
    name: string,
    spec: Partial<OperationSpec> = {},
    metadata: Partial<KubeObject["metadata"]> = {},
  ): Operation {
    const stored = this.api.put({
      ...OPERATION,
      metadata: { name, namespace: "shop", ...metadata },
      spec: {
        targetRef: { ...APPLICATION_INSTANCE, name: "web" },
        type: "RunCommand",
        engine: "job",
        parameters: { image: "tools:1" },
        ...spec,
      },
    });
    return stored as unknown as Operation;
  }

  /** Watches see what there is, and the target is reconciled until nothing is to be done at once. */
  async run(): Promise<void> {
    for (let passes = 0; passes < 60; passes += 1) {
      this.look();
      const outcome = await this.reconciler.reconcile(TARGET_KEY);
      if (outcome.type !== "again") return;
    }
    throw new Error("it never comes to rest");
  }

  operation(name: string): Operation | undefined {
    return this.objects(OPERATION.kind).find(
      ({ metadata }) => metadata.name === name,
    ) as unknown as Operation | undefined;
  }

  /** `Type: Status Reason` of every condition. */
  conditions(name: string): Readonly<Record<string, string>> {
    const { conditions = [] } = this.operation(name)?.status ?? {};
    return Object.fromEntries(
      conditions.map(({ type, status, reason }) => [
        type,
        `${status} ${reason}`,
      ]),
    );
  }

  phase(name: string): string | undefined {
    return this.operation(name)?.status?.phase;
  }

  objects(kind: string): readonly KubeObject[] {
    return [...this.api.objects.values()].filter(
      (object) => object.kind === kind,
    );
  }

  /** A change of the spec, as somebody makes it. */
  change(name: string, spec: Partial<OperationSpec>): void {
    const operation = this.operation(name);
    if (!operation) return;
    this.api.put({
      ...(operation as unknown as KubeObject),
      spec: { ...operation.spec, ...spec },
    });
  }

  /** What the engine's controller does with the work of an operation. */
  work(name: string, change: object): void {
    const uid = this.operation(name)?.metadata.uid ?? "";
    const work = this.objects("Work").find(({ metadata }) =>
      metadata.name.includes(uid),
    );
    if (!work) throw new Error(`${name} has no work`);
    this.api.put({ ...work, ...change });
  }

  async delete(name: string): Promise<void> {
    const operation = this.operation(name);
    if (operation) await this.api.delete(refOf(operation));
  }

  private look(): void {
    const seen = this.watches.objects(OPERATION);
    for (const object of [...seen.values()])
      if (!this.operation(object.metadata.name)) this.watches.hide(object);
    for (const object of this.objects(OPERATION.kind))
      this.watches.show(object);
  }

  private startAgent(): OperationReconciler {
    const { api, watches, clock, approvals, events } = this;
    const reporter = {
      report: (event: NewEvent) => Promise.resolve(void events.push(event)),
    } as Pick<Reporter, "report"> as Reporter;
    const engines = new Engines([
      new ScriptedEngine(api),
      new HelmEngine({ api }),
    ]);
    return new OperationReconciler({
      api,
      observer: new OperationObserver({
        api,
        watches,
        engines,
        approvals: this.judge ?? approvals,
        clock,
      }),
      actions: new OperationActions(api, new EngineActions(api)),
      teller: new ConditionTeller({
        reporter,
        clusterEvents: new KeptClusterEvents(),
      }),
      clock,
    });
  }
}
