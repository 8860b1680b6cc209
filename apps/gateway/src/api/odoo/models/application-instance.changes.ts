import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { RpcValue } from "@vworkspace/odoo-rpc";
import type { Stores } from "../../../database/unit-of-work";
import type { InstanceIntent } from "../../../intent/instances/domain/instance";
import { InstanceStore } from "../../../intent/instances/domain/instance-store";
import { InstanceService } from "../../../intent/instances/instance.service";
import type { UserActor } from "../../../trust/identity/domain/actor";
import type {
  FieldValues,
  ModelChanges,
  RecordAction,
} from "../registry/model-method";

/** The writable fields, as readValues has checked them; a field that isn't given is absent. */
interface GivenValues extends Partial<InstanceIntent> {
  readonly cluster_id?: string;
  readonly catalog_code?: string;
  readonly external_ref?: string | null;
  readonly intent_version?: number | null;
}

@Injectable()
export class ApplicationInstanceChanges implements ModelChanges {
  readonly isUpserted = true;
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_suspend: this.order((stores, actor, key) =>
      this.instances.suspend(stores, actor, key, true),
    ),
    action_resume: this.order((stores, actor, key) =>
      this.instances.suspend(stores, actor, key, false),
    ),
    action_rollback: {
      parameters: ["generation"],
      run: async (stores, actor, key, args) => {
        const generation = givenGeneration(args["generation"]);
        await this.instances.rollback(stores, actor, key, generation);
        return undefined;
      },
    },
    action_delete: this.order((stores, actor, key) =>
      this.instances.remove(stores, actor, key),
    ),
  };

  constructor(private readonly instances: InstanceService) {}

  readonly create: NonNullable<ModelChanges["create"]> = (
    stores,
    actor,
    values,
  ) => {
    const { cluster_id, catalog_code, external_ref, intent_version, ...given } =
      givenValues(values);
    const { name = "", namespace = "" } = given;
    return this.instances.create(stores, actor, {
      ...given,
      clusterId: cluster_id ?? "",
      catalogCode: catalog_code ?? "",
      name,
      namespace,
      ...withoutUnset({ external_ref, intent_version }),
      origin: actor.via?.origin ?? (actor.role === "bridge" ? "odoo" : "api"),
    });
  };

  readonly write: NonNullable<ModelChanges["write"]> = async (
    stores,
    actor,
    { key, values },
  ) => {
    const { cluster_id, catalog_code, intent_version, ...given } =
      givenValues(values);
    if (cluster_id !== undefined) await requireCluster(stores, key, cluster_id);
    await this.instances.write(stores, actor, key, {
      ...given,
      ...withoutUnset({ intent_version }),
      ...(catalog_code === undefined ? {} : { catalogCode: catalog_code }),
    });
  };

  /** The same as action_delete: the record stays until the cluster confirms. */
  readonly unlink: NonNullable<ModelChanges["unlink"]> = (...on) =>
    this.instances.remove(...on);

  readonly remove: NonNullable<ModelChanges["remove"]> = (
    stores,
    actor,
    { key, intentVersion },
  ) => this.instances.remove(stores, actor, key, intentVersion);

  private order(
    run: (stores: Stores, actor: UserActor, key: string) => Promise<void>,
  ): RecordAction {
    return {
      run: async (stores, actor, key) => {
        await run(stores, actor, key);
        return undefined;
      },
    };
  }
}

/** Odoo's clients send false for what isn't set. */
function givenGeneration(value: RpcValue | undefined): number | undefined {
  if (value === undefined || value === null || value === false)
    return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0)
    return value;
  throw new DomainError(
    "validation_failed",
    `generation is ${JSON.stringify(value).slice(0, 80)}: give a whole number above 0, or leave it out.`,
  );
}

/** `values` becomes the text that is kept; the organization is the caller's anyway. */
function givenValues(values: FieldValues): GivenValues {
  const { values: struct, organization_id: _own, ...given } = values;
  if (struct === undefined) return given;
  if (given["values_json"] !== undefined)
    throw new DomainError(
      "validation_failed",
      "values and values_json are both given: leave one of them out.",
    );
  return { ...given, values_json: JSON.stringify(struct) };
}

/** Null says the same as nothing. */
function withoutUnset<T extends object>(
  values: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  const set = Object.entries(values).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(set) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** A bridge sends the whole record each time, so naming the cluster that it has is no change. */
async function requireCluster(
  stores: Stores,
  key: string,
  clusterId: string,
): Promise<void> {
  const instance = await stores.get(InstanceStore).find(key);
  if (instance === undefined || instance.cluster_id === clusterId) return;
  throw new DomainError(
    "validation_failed",
    "cluster_id can't be changed: create another instance and delete this one.",
  );
}
