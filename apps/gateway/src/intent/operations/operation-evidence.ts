import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor } from "../../trust/identity/domain/actor";
import type { Operation } from "./domain/operation";
import type { Schedule } from "./domain/schedule";

/** Appends what happened to an operation, in the transaction of the change. Parameters and outputs are never part of it. */
export function recordOperation(
  stores: Stores,
  actor: Actor,
  action: string,
  ...operations: readonly Operation[]
): Promise<void> {
  const entries = operations.map((operation) => {
    const { cluster_id, instance_id, type, engine, generation } = operation;
    const { state, approval_state, approval_method } = operation;
    const { schedule_id, sequence_id } = operation;
    const what = { cluster_id, instance_id, type, engine, generation };
    return {
      action,
      subject: {
        type: "operation",
        id: operation.id,
        name: `${operation.namespace}/${operation.name}`,
      },
      detail: {
        ...what,
        state,
        approval_state,
        ...(approval_method !== null && { approval_method }),
        schedule_id,
        ...(sequence_id !== null && { sequence_id }),
      },
    };
  });
  return stores.get(AuditStore).append(actor, ...entries);
}

/** The same of a schedule. */
export function recordSchedule(
  stores: Stores,
  actor: Actor,
  schedule: Schedule,
  what: {
    readonly action: string;
    readonly detail?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { instance_id, type, engine, cron, timezone, active } = schedule;
  return stores.get(AuditStore).append(actor, {
    action: what.action,
    subject: {
      type: "operation.schedule",
      id: schedule.id,
      name: schedule.name,
    },
    detail: {
      instance_id,
      type,
      engine,
      cron,
      timezone,
      active,
      ...what.detail,
    },
  });
}
