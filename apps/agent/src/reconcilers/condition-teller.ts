import type { Condition } from "@vworkspace/contract";
import { keyOf, type KubeObject } from "@vworkspace/kube";
import type { ClusterEvents } from "../cluster-events/cluster-events";
import { transitionEvents } from "../cluster-events/transition-events.decide";
import {
  changedConditions,
  conditionEvents,
  type ObservedState,
} from "../reporting/condition-events.decide";
import type { NewEvent, Reporter } from "../reporting/reporter";
import { resourceRefOf } from "../reporting/resource-ref";

/** What a status says, as far as others are told of it. */
export interface TellableStatus {
  readonly conditions?: readonly object[];
  readonly intentGeneration?: number;
}

/**
 * Tells the control plane, and whoever looks with kubectl, which conditions of an object changed since they were told last.
 * It compares with what was told, not with what the last look found: where the answer to a write of the status got lost, the
 * next look finds it written already, and would have nothing to tell.
 */
export class ConditionTeller {
  private readonly told = new Map<string, Told>();

  constructor(
    private readonly options: {
      readonly reporter: Reporter;
      readonly clusterEvents: ClusterEvents;
    },
  ) {}

  /** Before a status is written: what it said until now counts as told, since a snapshot at the start told it. */
  found(object: KubeObject): void {
    const { uid = "" } = object.metadata;
    if (this.told.get(keyOf(object))?.uid !== uid)
      this.note(object, object["status"] ?? {});
  }

  /** After the status is written, or was found to be so. */
  async tell(
    object: KubeObject,
    status: TellableStatus,
    extra: Partial<Pick<NewEvent, "endpoints" | "detail">> = {},
  ): Promise<void> {
    this.found(object);
    const before = this.told.get(keyOf(object)) as Told;
    const after = this.note(object, status);
    const { intentGeneration } = after;
    const ref = {
      ...resourceRefOf(object),
      ...(intentGeneration !== undefined && { intentGeneration }),
    };
    const changed = changedConditions(before, after);
    for (const event of conditionEvents(ref, changed, extra))
      await this.options.reporter.report(event);
    for (const event of transitionEvents(
      object,
      before.conditions,
      after.conditions,
    ))
      this.options.clusterEvents.tell(event);
  }

  /** @param key namespace/name of an object that is gone */
  forget(key: string): void {
    this.told.delete(key);
  }

  private note(object: KubeObject, status: TellableStatus): Told {
    const { conditions = [], intentGeneration } = status;
    const told = {
      uid: object.metadata.uid ?? "",
      conditions: conditions as readonly Condition[],
      intentGeneration,
    };
    this.told.set(keyOf(object), told);
    return told;
  }
}

interface Told extends ObservedState {
  readonly uid: string;
}
