import { APPLICATION_INSTANCE_RULES } from "./application-instance.rules";
import { applicationInstanceSpecSchema } from "./application-instance.schema";
import { applicationInstanceStatusSchema } from "./application-instance-status.schema";
import { clusterSpecSchema, clusterStatusSchema } from "./cluster.schema";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  OPERATION,
  type ResourceKind,
} from "./names";
import { operationSpecSchema, operationStatusSchema } from "./operation.schema";
import { OPERATION_RULES } from "./operation.rules";
import { instanceName, objectName } from "./resource-identity.schema";
import type { Rule } from "./rule";
import type { StructuralSchema } from "./structural-schema";

/** Everything that makes one of our kinds; the CRD and the checks in code are both made from it. */
export interface ResourceDefinition {
  readonly apiVersion: string;
  readonly kind: ResourceKind;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly description: string;
  readonly name: StructuralSchema;
  readonly spec: StructuralSchema;
  readonly isSpecRequired: boolean;
  readonly status: StructuralSchema;
  readonly rules: readonly Rule[];
  readonly columns: readonly PrinterColumn[];
}

/**
 * A column of `kubectl get`; those of priority 1 are shown with `-o wide` only. The others leave room for a name with its
 * kind before it, as kubectl writes it when it is asked for several kinds.
 */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "date" | "integer";
  readonly jsonPath: string;
  readonly priority?: 1;
}

const text = (name: string, jsonPath: string): PrinterColumn => ({
  name,
  type: "string",
  jsonPath,
});
const time = (name: string, jsonPath: string): PrinterColumn => ({
  name,
  type: "date",
  jsonPath,
});
const wide = (column: PrinterColumn): PrinterColumn => ({
  ...column,
  priority: 1,
});
const condition = (
  name: string,
  type: string,
  part: "status" | "reason" | "message",
) => text(name, `.status.conditions[?(@.type=="${type}")].${part}`);
const age = time("Age", ".metadata.creationTimestamp");

const applicationInstance: ResourceDefinition = {
  ...APPLICATION_INSTANCE,
  plural: "applicationinstances",
  shortNames: ["appinst"],
  isNamespaced: true,
  description:
    "One application that should run in this namespace, and how far it is.",
  name: instanceName,
  spec: applicationInstanceSpecSchema,
  isSpecRequired: true,
  status: applicationInstanceStatusSchema,
  rules: APPLICATION_INSTANCE_RULES,
  columns: [
    condition("Ready", "Ready", "status"),
    condition("Reason", "Ready", "reason"),
    condition("Degraded", "Degraded", "status"),
    text("Version", ".spec.chart.version"),
    wide(age),
    wide(condition("Blocked", "Blocked", "status")),
    wide(condition("Suspended", "Suspended", "status")),
    wide(text("Chart", ".spec.chart.name")),
    wide(text("Release", ".spec.release.name")),
    wide(condition("Message", "Ready", "message")),
  ],
};

const operation: ResourceDefinition = {
  ...OPERATION,
  plural: "operations",
  shortNames: ["op"],
  isNamespaced: true,
  description:
    "One action on an application instance, done once, and how far it is.",
  name: objectName,
  spec: operationSpecSchema,
  isSpecRequired: true,
  status: operationStatusSchema,
  rules: OPERATION_RULES,
  columns: [
    text("Phase", ".status.phase"),
    text("Type", ".spec.type"),
    text("Target", ".spec.targetRef.name"),
    age,
    wide(text("Engine", ".spec.engine")),
    wide(condition("Blocked", "Blocked", "reason")),
    wide(time("Started", ".status.startedAt")),
    wide(time("Finished", ".status.finishedAt")),
    wide(condition("Message", "Failed", "message")),
  ],
};

const cluster: ResourceDefinition = {
  ...CLUSTER,
  plural: "clusters",
  shortNames: ["cluster"],
  isNamespaced: false,
  description:
    "The agent of this cluster: how it reaches its control plane and how that goes.",
  name: objectName,
  spec: clusterSpecSchema,
  isSpecRequired: false,
  status: clusterStatusSchema,
  rules: [],
  columns: [
    text("Phase", ".status.phase"),
    condition("Connected", "Connected", "status"),
    condition("Controllers", "ControllersHealthy", "status"),
    time("Heartbeat", ".status.lastHeartbeat"),
    age,
    wide(condition("Authenticated", "Authenticated", "status")),
    wide(text("Agent", ".status.agentVersion")),
    wide(condition("Message", "Connected", "message")),
  ],
};

export const RESOURCE_DEFINITIONS: Readonly<
  Record<ResourceKind, ResourceDefinition>
> = {
  ApplicationInstance: applicationInstance,
  Operation: operation,
  Cluster: cluster,
};

/** The rules of a kind that its CRD holds as CEL, for a server that has no CEL. */
export function crdRules(kind: ResourceKind): readonly Rule[] {
  return RESOURCE_DEFINITIONS[kind].rules;
}
