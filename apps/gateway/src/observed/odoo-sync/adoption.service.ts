import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { markProblem } from "../../intent/external-marks";
import { refTakenError, refuseProblem } from "../../intent/refusals";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { UserActor } from "../../trust/identity/domain/actor";
import {
  type ReferencedRecord,
  ReferenceStore,
} from "./domain/reference-store";
import { type ReferencedModel, requireReferenced } from "./domain/synced-model";
import { OdooDatabaseService } from "./odoo-database.service";

export interface Adoption {
  readonly model: string;
  /** The id that clients know the record by. */
  readonly number: number;
  readonly externalRef: string;
}

/** An Odoo takes over what was made elsewhere: the record gets its name there, and stays what it is. */
@Injectable()
export class AdoptionService {
  constructor(private readonly databases: OdooDatabaseService) {}

  /** A repeat with the same reference changes nothing. Its change is told by itself, as every one. */
  async adopt(
    stores: Stores,
    actor: UserActor,
    { model, number, externalRef }: Adoption,
  ): Promise<true> {
    const adopted = requireReferenced(model);
    refuseProblem(markProblem({ external_ref: externalRef }));
    await this.databases.requireOf(stores, actor);
    const store = stores.get(ReferenceStore);
    const record = await store.lock(adopted, number);
    if (record === undefined)
      throw new DomainError(
        "not_found",
        `There is no ${adopted} with id ${number}.`,
      );
    if (record.external_ref === externalRef) return true;
    if (record.external_ref !== null)
      throw new DomainError(
        "validation_failed",
        `${adopted} ${number} has an external_ref already: it belongs to the record of that reference.`,
      );
    if (await store.isTaken(adopted, externalRef))
      throw refTakenError("record", externalRef);
    await store.give(adopted, record.id, externalRef);
    await this.record(stores, actor, adopted, record);
    return true;
  }

  private record(
    stores: Stores,
    actor: UserActor,
    model: ReferencedModel,
    { id, name }: ReferencedRecord,
  ): Promise<void> {
    return stores.get(AuditStore).append(actor, {
      action: "odoo_database.adopt",
      subject: { type: model.replace("vworkspace.", ""), id, name },
    });
  }
}
