import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { UserActor } from "../../trust/identity/domain/actor";
import {
  type Comparison,
  ComparisonStore,
  type PageDigests,
} from "./domain/comparison-store";
import { OdooDatabaseStore } from "./domain/odoo-database";
import { OutboxBell } from "./domain/outbox-bell";
import { OutboxStore } from "./domain/outbox-store";
import { requireCompared, requireReferenced } from "./domain/synced-model";
import { OdooDatabaseService } from "./odoo-database.service";

const MOST_REFERENCES = 1000;

/** An Odoo asks what it lacks, and to be told again. Nothing is ever removed by it. */
@Injectable()
export class ComparisonService {
  constructor(
    private readonly databases: OdooDatabaseService,
    private readonly bell: OutboxBell,
  ) {}

  async compare(
    stores: Stores,
    actor: UserActor,
    model: string,
    digests: PageDigests,
  ): Promise<Comparison> {
    const compared = requireCompared(model);
    const { id } = await this.databases.requireOf(stores, actor);
    const found = await stores.get(ComparisonStore).compare(compared, digests);
    await stores.get(OdooDatabaseStore).noteReport(id, compared, {
      pages: Object.keys(digests).length,
      differing_pages: Object.keys(found.pages).length,
      unknown: found.unknown,
    });
    return found;
  }

  /** @returns how many of them there are */
  async resend(
    stores: Stores,
    actor: UserActor,
    model: string,
    references: readonly string[],
  ): Promise<number> {
    const known = requireReferenced(model);
    if (references.length > MOST_REFERENCES)
      throw new DomainError(
        "validation_failed",
        `external_refs has ${references.length} texts: give at most ${MOST_REFERENCES} in one call.`,
      );
    const { id } = await this.databases.requireOf(stores, actor);
    const noted = await stores
      .get(OutboxStore)
      .noteReferences(id, known, references);
    stores.afterCommit(() => this.bell.ring());
    return noted;
  }

  async resendAll(stores: Stores, actor: UserActor): Promise<number> {
    const { id, name } = await this.databases.requireOf(stores, actor);
    const noted = await stores.get(OutboxStore).noteAll(id);
    await stores.get(AuditStore).append(actor, {
      action: "odoo_database.resend_all",
      subject: { type: "odoo.database", id, name },
      detail: { records: noted },
    });
    stores.afterCommit(() => this.bell.ring());
    return noted;
  }
}
