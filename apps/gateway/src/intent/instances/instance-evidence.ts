import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor } from "../../trust/identity/domain/actor";
import type { Instance } from "./domain/instance";

/** Appends what happened to an instance, in the transaction of the change. Values are never part of it. */
export function recordInstance(
  stores: Stores,
  actor: Actor,
  action: string,
  instance: Instance,
): Promise<void> {
  const { cluster_id, generation, state, chart_version, suspended } = instance;
  return stores.get(AuditStore).append(actor, {
    action,
    subject: {
      type: "application.instance",
      id: instance.id,
      name: `${instance.namespace}/${instance.name}`,
    },
    detail: { cluster_id, generation, state, chart_version, suspended },
  });
}
