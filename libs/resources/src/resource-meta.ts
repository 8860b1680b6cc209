import type { FromSchema } from "./structural-schema";
import { conditionsSchema } from "./schema-parts";

/** The part of meta/v1 ObjectMeta that this product reads or writes on its own resources. Times are RFC 3339 in UTC. */
export interface ResourceMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
}

/** meta/v1 Condition as it stands in the status of our resources. */
export type ResourceCondition = FromSchema<typeof conditionsSchema>[number];
