import type { Actor } from "../../identity/domain/actor";
import type { AuditEntry } from "./audit-entry";

/** Appends evidence in the transaction of the change it tells of. There is no update and no delete. */
export abstract class AuditStore {
  abstract append(actor: Actor, ...entries: AuditEntry[]): Promise<void>;
}
