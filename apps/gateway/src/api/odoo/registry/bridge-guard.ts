import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { UnitOfWork } from "../../../database/unit-of-work";
import { OdooDatabaseService } from "../../../observed/odoo-sync/odoo-database.service";
import type { Admit } from "./model-registry";

/** A key that speaks for an Odoo is used by that Odoo alone: a copy of its database, say for tests, steers nothing. */
@Injectable()
export class BridgeGuard {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly databases: OdooDatabaseService,
  ) {}

  readonly admit: Admit = async (actor, { model, method, databaseUuid }) => {
    if (actor.role !== "bridge") return;
    const database = await this.unitOfWork.inOrganization(
      actor.organizationId,
      (stores) => this.databases.boundTo(stores, actor),
    );
    if (database === undefined) return;
    if (database.database_uuid !== databaseUuid)
      throw new DomainError(
        "forbidden",
        "This key belongs to another Odoo database: its calls need a context with that one's database_uuid; a copy is paired with a key of its own.",
      );
    const isQuestion =
      model === "vworkspace.odoo.database" && method === "status";
    if (database.state === "disabled" && !isQuestion)
      throw new DomainError(
        "forbidden",
        `Odoo database ${database.name} is disabled at the gateway: an admin there can enable it.`,
      );
  };
}
