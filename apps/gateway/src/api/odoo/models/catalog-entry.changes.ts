import { Injectable } from "@nestjs/common";
import { CatalogService } from "../../../intent/catalog/catalog.service";
import type { CatalogFields } from "../../../intent/catalog/domain/catalog-entry";
import type { ModelChanges } from "../registry/model-method";

@Injectable()
export class CatalogEntryChanges implements ModelChanges {
  readonly isUpserted = true;
  constructor(private readonly catalog: CatalogService) {}

  readonly create: NonNullable<ModelChanges["create"]> = async (
    stores,
    actor,
    values,
  ) => {
    const { organization_id: _own, ...fields } = values;
    // readValues has checked each value against its field, and that the required ones are there.
    const entry = await this.catalog.create(
      stores,
      actor,
      fields as unknown as CatalogFields,
    );
    return entry.id;
  };

  readonly write: NonNullable<ModelChanges["write"]> = (
    stores,
    actor,
    { key, values },
  ) => this.catalog.write(stores, actor, key, values);

  readonly unlink: NonNullable<ModelChanges["unlink"]> = (...on) =>
    this.catalog.remove(...on);
}
