import type { Stores } from "../../database/unit-of-work";
import type { AuditEntry } from "../audit/domain/audit-entry";
import { AuditStore } from "../audit/domain/audit-store";
import { gatewayActor } from "./domain/actor";
import { UserStore } from "./domain/user-store";

/** An entry about the gateway as a whole, in the log of each organization: each has to be able to see it by itself. */
export async function auditEverywhere(
  stores: Stores,
  entry: AuditEntry,
): Promise<void> {
  for (const { id } of await stores.get(UserStore).organizations())
    await stores.get(AuditStore).append(gatewayActor(id), entry);
}
