import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { UnitOfWork } from "../../database/unit-of-work";
import { gatewayActor } from "../../trust/identity/domain/actor";
import { OrganizationService } from "../../trust/identity/organization.service";
import { OdooDatabaseStore } from "./domain/odoo-database";
import { type IssuedCode, OdooDatabaseService } from "./odoo-database.service";

/** A pairing code as an operator of the gateway gets it, without an admin's key. */
@Injectable()
export class PairCodeService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizations: OrganizationService,
    private readonly databases: OdooDatabaseService,
  ) {}

  /** For the Odoo database of that name, made where there is none. @throws DomainError not_found */
  async issue(organizationCode: string, name: string): Promise<IssuedCode> {
    const all = await this.organizations.list();
    const found = all.find(({ code }) => code === organizationCode);
    if (found === undefined)
      throw new DomainError(
        "not_found",
        `There is no organization "${organizationCode.slice(0, 80)}": \`organization list\` names those that there are.`,
      );
    const actor = gatewayActor(found.id);
    return this.unitOfWork.inOrganization(found.id, async (stores) => {
      const known = await stores.get(OdooDatabaseStore).byName(name);
      const id =
        known?.id ?? (await this.databases.create(stores, actor, name));
      return this.databases.issueCode(stores, actor, id);
    });
  }
}
