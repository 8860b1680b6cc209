import { Injectable } from "@nestjs/common";
import { OrganizationService } from "../../../trust/identity/organization.service";
import type { ModelChanges } from "../registry/model-method";

@Injectable()
export class OrganizationChanges implements ModelChanges {
  constructor(private readonly organizations: OrganizationService) {}

  readonly write: NonNullable<ModelChanges["write"]> = async (
    stores,
    actor,
    { values },
  ) => {
    // The one record that anybody finds is his own organization's.
    const { name } = values as { name?: string };
    if (name !== undefined)
      await this.organizations.rename(stores, actor, name);
  };
}
