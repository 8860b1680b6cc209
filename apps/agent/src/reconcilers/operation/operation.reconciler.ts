import type { Clock } from "@vworkspace/kernel";
import {
  again,
  type KubeApi,
  KubeError,
  type KubeObject,
  parseKey,
  recheckAfter,
  type ReconcileOutcome,
  settled,
} from "@vworkspace/kube";
import {
  FIELD_MANAGERS,
  type Operation,
  type OperationStatus,
} from "@vworkspace/resources";
import { operationDetail } from "../../reporting/operation-detail";
import { intentGenerationOf } from "../../reporting/resource-ref";
import type { ConditionTeller } from "../condition-teller";
import type { OperationAction } from "./decision";
import { decideOperation } from "./operation.decide";
import type { OperationActions } from "./operation-actions";
import type { OperationObserver } from "./operation.observe";
import { operationStatus } from "./operation.status";

export interface OperationReconcilerOptions {
  readonly api: KubeApi;
  readonly observer: OperationObserver;
  readonly actions: OperationActions;
  readonly teller: ConditionTeller;
  readonly clock: Clock;
}

const INVALID: ReadonlySet<number> = new Set([400, 422]);

function isRefusedCreate(
  action: OperationAction,
  error: unknown,
): error is KubeError {
  return (
    action.do === "engine" &&
    action.action.do === "create" &&
    error instanceof KubeError &&
    INVALID.has(error.status)
  );
}

/**
 * Carries out the operations on one target: gather, decide, report, act, for each of them in turn. The queue's key is the
 * target, so that no two operations on it begin at the same time.
 */
export class OperationReconciler {
  constructor(private readonly options: OperationReconcilerOptions) {}

  /** @param key `namespace/name` of the target */
  async reconcile(key: string): Promise<ReconcileOutcome> {
    const { observer } = this.options;
    const { namespace = "", name } = parseKey(key);
    const operations = await observer.operationsOn(namespace, name);
    let soonestMs = Infinity;
    for (const operation of operations) {
      const outcome = await this.step(operation, operations);
      // What was written changes what the others may do.
      if (outcome === "acted") return again;
      soonestMs = Math.min(soonestMs, outcome);
    }
    return soonestMs === Infinity ? settled : recheckAfter(soonestMs);
  }

  /** @param key `namespace/name` of an operation that is gone */
  forget(key: string): void {
    this.options.teller.forget(key);
  }

  private async step(
    operation: Operation,
    all: readonly Operation[],
  ): Promise<"acted" | number> {
    const { observer, actions, clock } = this.options;
    const seen = await observer.observe(operation, all);
    const decision = decideOperation(seen);
    const { standing, action, recheckAfterMs = Infinity } = decision;
    const status =
      standing && operationStatus(operation, standing, clock.timestamp());
    const current = await this.report(operation, status);
    if (!action) return status === undefined ? recheckAfterMs : "acted";
    try {
      await actions.perform(current, action);
    } catch (error) {
      if (!isRefusedCreate(action, error)) throw error;
      await this.fail(current, error);
    }
    return "acted";
  }

  /** The API server has said what is wrong with what the engine wants to make: it would say so again. */
  private async fail(operation: Operation, error: KubeError): Promise<void> {
    const { clock } = this.options;
    const ended = {
      reason: "EngineFailed",
      message: `the API server refuses what the engine makes: ${error.message}`,
    } as const;
    const standing = { phase: "Failed", ended } as const;
    const now = clock.timestamp();
    await this.report(operation, operationStatus(operation, standing, now));
  }

  /** Writes the status, if it changed, and tells the control plane, in this order: an event says what was written. */
  private async report(
    operation: Operation,
    status: OperationStatus | undefined,
  ): Promise<Operation> {
    const { api, teller } = this.options;
    const object = operation as unknown as KubeObject;
    teller.found(object);
    const current =
      status === undefined
        ? object
        : await api.patchStatus<KubeObject>(
            { ...object, status },
            { fieldManager: FIELD_MANAGERS.operator },
          );
    const intentGeneration = intentGenerationOf(object);
    const said = status ?? operation.status;
    const detail = operationDetail({ kind: object.kind, status: said });
    await teller.tell(
      object,
      {
        ...said,
        ...(intentGeneration !== undefined && { intentGeneration }),
      },
      { ...(detail && { detail }) },
    );
    return current as unknown as Operation;
  }
}
