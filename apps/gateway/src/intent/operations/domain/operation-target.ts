import type { Instance } from "../../instances/domain/instance";

/** The instance that an operation is about, as far as that needs to know. */
export type OperationTarget = Pick<
  Instance,
  "id" | "cluster_id" | "namespace" | "name" | "state"
>;
