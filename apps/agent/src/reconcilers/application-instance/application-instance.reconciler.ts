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
import { intentGenerationOf } from "../../reporting/resource-ref";
import type { ConditionTeller } from "../condition-teller";
import type { DerivedWriter, Refusal } from "./actions/derived-writer";
import type { InstanceActions } from "./actions/instance-actions";
import type { Decision } from "./decision";
import { decideInstance } from "./instance.decide";
import type { InstanceObserver } from "./instance.observe";
import { instanceStatus } from "./instance.status";
import type { Observation } from "./observation";

export interface InstanceReconcilerOptions {
  readonly api: KubeApi;
  readonly observer: InstanceObserver;
  readonly actions: InstanceActions;
  readonly writer: DerivedWriter;
  readonly teller: ConditionTeller;
  readonly clock: Clock;
}

/** A write that was refused is tried again after this. */
const REFUSED_RECHECK_MS = 60_000;

/** Turns an ApplicationInstance into Flux objects and follows them: gather, decide, report, act. */
export class ApplicationInstanceReconciler {
  constructor(private readonly options: InstanceReconcilerOptions) {}

  async reconcile(key: string): Promise<ReconcileOutcome> {
    const { api, observer, writer, teller } = this.options;
    const { namespace = "", name } = parseKey(key);
    const object = await api.get<KubeObject>({
      ...APPLICATION_INSTANCE,
      namespace,
      name,
    });
    if (object === undefined) {
      observer.forget(key);
      writer.forget(key);
      teller.forget(key);
      return settled;
    }
    const instance = object as unknown as ApplicationInstance;
    const seen = await observer.observe(instance);
    const decision = decideInstance(seen);
    const status = instanceStatus(seen, decision, {
      intentGeneration: intentGenerationOf(object),
      now: this.options.clock.timestamp(),
    });
    const current = await this.report(object, status);
    return this.act(current, seen, decision);
  }

  private async act(
    instance: ApplicationInstance,
    seen: Observation,
    decision: Decision,
  ): Promise<ReconcileOutcome> {
    const { actions, writer } = this.options;
    const lookAgainMs = lookAgainAfter(seen, decision);
    if (decision.action === undefined)
      return lookAgainMs === undefined ? settled : recheckAfter(lookAgainMs);
    const isDone = await actions.perform(instance, decision.action);
    return isDone || !isSame(writer.refusal(instance), seen)
      ? again
      : recheckAfter(Math.min(REFUSED_RECHECK_MS, lookAgainMs ?? Infinity));
  }

  /**
   * Writes the status, if it changed, and tells the control plane, in this order: an event says what was written.
   * @returns the instance as it is then
   */
  private async report(
    object: KubeObject,
    status: ApplicationInstanceStatus | undefined,
  ): Promise<ApplicationInstance> {
    const { api, teller } = this.options;
    teller.found(object);
    const current =
      status === undefined
        ? object
        : await api.patchStatus<KubeObject>(
            { ...object, status },
            { fieldManager: FIELD_MANAGERS.operator },
          );
    const instance = current as unknown as ApplicationInstance;
    const said = status ?? instance.status ?? {};
    const { endpoints = [] } = said;
    await teller.tell(
      object,
      said,
      endpoints.length > 0
        ? { endpoints: endpoints.map((endpoint) => ({ ...endpoint })) }
        : {},
    );
    return instance;
  }
}

/** The earliest time at which something reads otherwise that nothing watched would tell of, from now in milliseconds. */
function lookAgainAfter(
  { lookAgainAt, now }: Observation,
  { recheckAfterMs }: Decision,
): number | undefined {
  const times = [
    ...(recheckAfterMs === undefined ? [] : [recheckAfterMs]),
    ...(lookAgainAt === undefined ? [] : [Math.max(0, lookAgainAt - now)]),
  ];
  return times.length > 0 ? Math.min(...times) : undefined;
}

function isSame(one: Refusal, other: Refusal): boolean {
  const text = ({ refusedWrite, fieldConflict }: Refusal) =>
    JSON.stringify([refusedWrite, fieldConflict]);
  return text(one) === text(other);
}
