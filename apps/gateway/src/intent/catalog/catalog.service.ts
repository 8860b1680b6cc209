import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import type { Actor } from "../../trust/identity/domain/actor";
import {
  type CatalogEntry,
  type CatalogFields,
  CatalogStore,
} from "./domain/catalog-entry";
import { catalogProblem } from "./domain/catalog-rules";
import {
  type ExternalMarks,
  isOutdated,
  markProblem,
  NO_MARKS,
} from "../external-marks";
import { refuseProblem } from "../refusals";

const DEFAULTS: Omit<
  CatalogFields,
  "code" | "name" | "chart_url" | "chart_name"
> = {
  chart_source_type: "oci",
  allowed_versions: [],
  recommended_version: null,
  default_values: {},
  values_schema: null,
  capabilities: {},
  active: true,
};

/** The catalog: which applications there are to deploy. */
@Injectable()
export class CatalogService {
  async create(
    stores: Stores,
    actor: Actor,
    fields: Partial<CatalogFields & ExternalMarks> &
      Pick<CatalogFields, "code" | "name" | "chart_url" | "chart_name">,
  ): Promise<CatalogEntry> {
    const entry: CatalogEntry = {
      ...DEFAULTS,
      ...NO_MARKS,
      ...fields,
      id: newId(),
    };
    refuseProblem(markProblem(entry) ?? catalogProblem(entry));
    if (!(await stores.get(CatalogStore).add(entry))) {
      throw new DomainError(
        "already_exists",
        `code is "${entry.code}": there is a catalog entry of that code; choose another.`,
      );
    }
    await this.record(stores, actor, "catalog.create", entry);
    return entry;
  }

  /** Changes an entry. Instances keep the chart they were deployed with until they are written again. */
  async write(
    stores: Stores,
    actor: Actor,
    id: string,
    changes: Partial<CatalogFields & ExternalMarks>,
  ): Promise<void> {
    const entry = await this.require(stores, id);
    if (isOutdated(entry, changes)) return;
    const changed = { ...entry, ...changes, id };
    refuseProblem(markProblem(changed) ?? catalogProblem(changed));
    if (
      changed.code !== entry.code &&
      (await stores.get(CatalogStore).byCode(changed.code))
    ) {
      throw new DomainError(
        "already_exists",
        `code is "${changed.code}": there is a catalog entry of that code; choose another.`,
      );
    }
    await stores.get(CatalogStore).save(changed);
    await this.record(stores, actor, "catalog.write", changed);
  }

  async remove(stores: Stores, actor: Actor, id: string): Promise<void> {
    const entry = await this.require(stores, id);
    if (await stores.get(CatalogStore).isUsed(id)) {
      throw new DomainError(
        "validation_failed",
        `Catalog entry ${entry.code} has instances: set active to false instead.`,
      );
    }
    await stores.get(CatalogStore).remove(id);
    await this.record(stores, actor, "catalog.unlink", entry);
  }

  private async require(stores: Stores, id: string): Promise<CatalogEntry> {
    const entry = await stores.get(CatalogStore).lock(id);
    if (!entry)
      throw new DomainError("not_found", "There is no such catalog entry.");
    return entry;
  }

  private record(
    stores: Stores,
    actor: Actor,
    action: string,
    entry: CatalogEntry,
  ): Promise<void> {
    return stores.get(AuditStore).append(actor, {
      action,
      subject: { type: "catalog.entry", id: entry.id, name: entry.code },
      detail: {
        chart_url: entry.chart_url,
        chart_name: entry.chart_name,
        active: entry.active,
      },
    });
  }
}
