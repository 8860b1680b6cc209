export * from "./names";
export type {
  JsonObject,
  JsonValue,
  StructuralSchema,
} from "./structural-schema";
export { isExactSemver } from "./exact-semver";
export { isDnsLabel } from "./dns-names";
export type { ResourceCondition, ResourceMeta } from "./resource-meta";
export * from "./application-instance";
export type * from "./integrations";
export { nextOpeningMs } from "./maintenance-cron";
export { isTimezone, windowsProblems } from "./maintenance-window.problems";
export * from "./operation";
export * from "./cluster";
export type { FieldProblem } from "./field-problem";
export { brokenRules, ruleField, type Rule } from "./rule";
export {
  crdRules,
  RESOURCE_DEFINITIONS,
  type PrinterColumn,
  type ResourceDefinition,
} from "./resource-definition";
export * from "./resource-defaults";
export { withDefaults } from "./schema-defaults";
export { structuralCheck, type StructuralCheck } from "./structural-validation";
export * from "./resource-validation";
export { mergePatch } from "./merge-patch";
export { secretLookingPaths } from "./inline-secrets";
export * from "./custom-resource-definitions";
export type { ConditionReason } from "./condition-reason";
export * from "./application-instance.reasons";
export * from "./operation.reasons";
export * from "./cluster.reasons";
export * from "./admission/admission-policies";
export * from "./operation-parameters/engine-parameters";
export * from "./operation-parameters/read-parameters";
export type { HelmHookJobParameters } from "./operation-parameters/helm-hook-job.parameters";
export type { HelmParameters } from "./operation-parameters/helm.parameters";
export type { JobParameters } from "./operation-parameters/job.parameters";
export type { SnapshotParameters } from "./operation-parameters/snapshot.parameters";
export type { VeleroParameters } from "./operation-parameters/velero.parameters";
export type { VolsyncParameters } from "./operation-parameters/volsync.parameters";
export type { WorkflowParameters } from "./operation-parameters/workflow.parameters";
