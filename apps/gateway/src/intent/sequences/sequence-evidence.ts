import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor } from "../../trust/identity/domain/actor";
import { hasEnded, type Sequence } from "./domain/sequence";

/** Appends what happened to a sequence, in the transaction of the change. Parameters and outputs are never part of it. */
export function recordSequence(
  stores: Stores,
  actor: Actor,
  sequence: Sequence,
  what: {
    readonly action: string;
    readonly detail?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { template, instance_id, copy_instance_id, state } = sequence;
  return stores.get(AuditStore).append(actor, {
    action: what.action,
    subject: {
      type: "operation.sequence",
      id: sequence.id,
      name: sequence.name,
    },
    detail: { template, instance_id, copy_instance_id, state, ...what.detail },
  });
}

/** What became of its steps, and its state where that alone has changed. */
export async function recordProgress(
  stores: Stores,
  actor: Actor,
  before: Sequence,
  after: Sequence,
): Promise<void> {
  const known = new Map(before.steps.map(({ name, state }) => [name, state]));
  const changed = after.steps.filter(
    ({ name, state }) => known.get(name) !== state,
  );
  for (const { name: step, state: step_state, operation_id } of changed)
    await recordSequence(stores, actor, after, {
      action: "sequence.step",
      detail: { step, step_state, ...(operation_id && { operation_id }) },
    });
  const isTold = changed.length > 0 && !hasEnded(after);
  if (after.state !== before.state && !isTold)
    await recordSequence(stores, actor, after, {
      action: "sequence.state",
      detail: { reason: after.reason },
    });
}
