import type { ApplicationInstanceSpec } from "./application-instance";
import { applicationInstanceSpecSchema } from "./application-instance.schema";
import type { ClusterSpec } from "./cluster";
import { clusterSpecSchema } from "./cluster.schema";
import type { OperationSpec } from "./operation";
import { operationSpecSchema } from "./operation.schema";
import { withDefaults } from "./schema-defaults";

/** The spec as the API server stores it: with the defaults of the CRD. A program that digests a spec digests this form. */
export function applicationInstanceDefaults(
  spec: ApplicationInstanceSpec,
): ApplicationInstanceSpec {
  return withDefaults(
    applicationInstanceSpecSchema,
    spec,
  ) as ApplicationInstanceSpec;
}

/** As {@link applicationInstanceDefaults}, of an operation. */
export function operationDefaults(spec: OperationSpec): OperationSpec {
  return withDefaults(operationSpecSchema, spec) as OperationSpec;
}

/** As {@link applicationInstanceDefaults}, of a cluster. */
export function clusterDefaults(spec: ClusterSpec): ClusterSpec {
  return withDefaults(clusterSpecSchema, spec) as ClusterSpec;
}
