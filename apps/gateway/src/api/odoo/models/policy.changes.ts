import { Injectable } from "@nestjs/common";
import { PolicyService } from "../../../intent/policies/policy.service";
import type { ModelChanges } from "../registry/model-method";

@Injectable()
export class PolicyChanges implements ModelChanges {
  readonly isUpserted = true;
  constructor(private readonly policies: PolicyService) {}

  readonly create: NonNullable<ModelChanges["create"]> = async (
    stores,
    actor,
    values,
  ) => {
    const { organization_id: _own, ...fields } = values;
    // readValues has checked each value against its field.
    const policy = await this.policies.create(stores, actor, fields);
    return policy.id;
  };

  readonly write: NonNullable<ModelChanges["write"]> = (
    stores,
    actor,
    { key, values },
  ) =>
    actor.role === "bridge"
      ? this.policies.writeAsBridge(stores, actor, key, values)
      : this.policies.write(stores, actor, key, values);

  readonly unlink: NonNullable<ModelChanges["unlink"]> = (...on) =>
    this.policies.remove(...on);

  readonly remove: NonNullable<ModelChanges["remove"]> = (
    stores,
    actor,
    { key, intentVersion },
  ) => this.policies.removeAsBridge(stores, actor, key, intentVersion);
}
