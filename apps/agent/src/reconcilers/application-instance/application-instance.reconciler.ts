import type { Condition } from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import {
  again,
  type KubeApi,
  type KubeObject,
  parseKey,
  recheckAfter,
  type ReconcileOutcome,
  settled,
} from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  type ApplicationInstance,
  type ApplicationInstanceStatus,
  FIELD_MANAGERS,
} from "@vworkspace/resources";
import {
  changedConditions,
  conditionEvents,
} from "../../reporting/condition-events.decide";
import type { Reporter } from "../../reporting/reporter";
import {
  intentGenerationOf,
  resourceRefOf,
} from "../../reporting/resource-ref";
import { NAMESPACE } from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import type { DerivedWriter } from "./actions/derived-writer";
import type { InstanceActions } from "./actions/instance-actions";
import { decideInstance } from "./instance.decide";
import type { InstanceObserver } from "./instance.observe";
import { instanceStatus } from "./instance.status";

export interface InstanceReconcilerOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly observer: InstanceObserver;
  readonly actions: InstanceActions;
  readonly writer: DerivedWriter;
  readonly reporter: Reporter;
  readonly clock: Clock;
}

/** A write that was refused is tried again after this. */
const REFUSED_RECHECK_MS = 60_000;

/** Turns an ApplicationInstance into Flux objects and follows them: gather, decide, report, act. */
export class ApplicationInstanceReconciler {
  constructor(private readonly options: InstanceReconcilerOptions) {}

  async reconcile(key: string): Promise<ReconcileOutcome> {
    const { api, observer, writer } = this.options;
    const { namespace = "", name } = parseKey(key);
    // Without the label the agent touches nothing there, not even a status; the label's arrival brings the key back.
    if (!this.options.watches.objects(NAMESPACE).has(namespace)) return settled;
    const object = await api.get<KubeObject>({
      ...APPLICATION_INSTANCE,
      namespace,
      name,
    });
    if (object === undefined) {
      writer.forget(key);
      return settled;
    }
    const instance = object as unknown as ApplicationInstance;
    const seen = await observer.observe(instance);
    const decision = decideInstance(seen);
    const status = instanceStatus(seen, decision, {
      intentGeneration: intentGenerationOf(object),
      now: this.options.clock.timestamp(),
    });
    const current =
      status === undefined ? instance : await this.report(object, status);
    if (decision.action !== undefined) {
      const { actions } = this.options;
      const isDone = await actions.perform(current, decision.action);
      return isDone || writer.refusal(instance) !== seen.refusedWrite
        ? again
        : recheckAfter(REFUSED_RECHECK_MS);
    }
    return decision.recheckAfterMs === undefined
      ? settled
      : recheckAfter(decision.recheckAfterMs);
  }

  /** Writes the status and tells the control plane what changed, in this order: an event says what was written. */
  private async report(
    object: KubeObject,
    status: ApplicationInstanceStatus,
  ): Promise<ApplicationInstance> {
    const { api, reporter } = this.options;
    const before = (object["status"] ?? {}) as ApplicationInstanceStatus;
    const written = await api.patchStatus<KubeObject>(
      { ...object, status },
      { fieldManager: FIELD_MANAGERS.operator },
    );
    const changed = changedConditions(stateOf(before), stateOf(status));
    const { endpoints } = status;
    const events = conditionEvents(
      { ...resourceRefOf(object), ...intentOf(status) },
      changed,
      endpoints && endpoints.length > 0
        ? { endpoints: endpoints.map((endpoint) => ({ ...endpoint })) }
        : {},
    );
    for (const event of events) await reporter.report(event);
    return written as unknown as ApplicationInstance;
  }
}

function stateOf(status: ApplicationInstanceStatus) {
  return {
    conditions: (status.conditions ?? []) as readonly Condition[],
    intentGeneration: status.intentGeneration,
  };
}

function intentOf({ intentGeneration }: ApplicationInstanceStatus) {
  return intentGeneration === undefined ? {} : { intentGeneration };
}
