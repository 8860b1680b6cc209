import type { Stores } from "../../database/unit-of-work";
import type { AuditEntry } from "../../trust/audit/domain/audit-entry";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor } from "../../trust/identity/domain/actor";
import type { Instance } from "./domain/instance";

/** Appends what happened to instances, in the transaction of the change. Values are never part of it. */
export function recordInstance(
  stores: Stores,
  actor: Actor,
  action: string,
  ...instances: readonly Instance[]
): Promise<void> {
  const entries = instances.map((instance) => entryOf(action, instance));
  return stores.get(AuditStore).append(actor, ...entries);
}

function entryOf(action: string, instance: Instance): AuditEntry {
  const { cluster_id, generation, state, chart_version, suspended } = instance;
  return {
    action,
    subject: {
      type: "application.instance",
      id: instance.id,
      name: `${instance.namespace}/${instance.name}`,
    },
    detail: { cluster_id, generation, state, chart_version, suspended },
  };
}
