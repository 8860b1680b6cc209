import { canonicalJson } from "@vworkspace/contract";
import type { CatalogEntry } from "../../catalog/domain/catalog-entry";
import type { Instance, InstanceIntent } from "./instance";

export interface CreateInstance {
  readonly clusterId: string;
  readonly catalogCode: string;
  readonly namespace: string;
  readonly name: string;
  /** The catalog entry's recommended one where it isn't given. */
  readonly chart_version?: string;
  /** The catalog entry's defaults where it isn't given. */
  readonly values_json?: string;
  readonly values_secret_ref?: InstanceIntent["values_secret_ref"];
  readonly integrations?: InstanceIntent["integrations"];
  readonly suspended?: boolean;
  readonly external_ref?: string;
  readonly intent_version?: number;
  /** Which skin or program made it. */
  readonly origin: string;
}

export type InstanceChanges = Partial<InstanceIntent> & {
  readonly intent_version?: number;
  readonly catalogCode?: string;
};

export function withDefaults(
  request: CreateInstance,
  entry: CatalogEntry,
): InstanceIntent {
  return {
    namespace: request.namespace,
    name: request.name,
    chart_version: request.chart_version || (entry.recommended_version ?? ""),
    values_json: request.values_json ?? JSON.stringify(entry.default_values),
    values_secret_ref: request.values_secret_ref ?? null,
    integrations: request.integrations ?? {},
    suspended: request.suspended ?? false,
  };
}

/** Whether an instance that is there is just the one that was asked for. */
export function isAnswer(
  existing: Instance,
  request: CreateInstance,
  wanted: { intent: InstanceIntent; entry: CatalogEntry },
): boolean {
  const isAlive = !["deleting", "deleted"].includes(existing.state);
  const isThere =
    existing.cluster_id === request.clusterId &&
    existing.namespace === request.namespace &&
    existing.name === request.name;
  const isNamed =
    request.external_ref === undefined ||
    request.external_ref === existing.external_ref;
  const asked = {
    ...existing,
    ...wanted.intent,
    catalog_entry_id: wanted.entry.id,
  };
  return isAlive && isThere && isNamed && isSameIntent(existing, asked);
}

export function isSameIntent(left: Instance, right: Instance): boolean {
  const facts = (instance: Instance) => [
    instance.chart_version,
    instance.values_json,
    instance.values_secret_ref,
    instance.integrations,
    instance.suspended,
    instance.catalog_entry_id,
  ];
  return canonicalJson(facts(left)) === canonicalJson(facts(right));
}
