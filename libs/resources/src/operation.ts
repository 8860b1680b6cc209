import type { MaintenanceWindow } from "./application-instance";
import type { APPLICATION_INSTANCE, OPERATION } from "./names";
import { operationSpecSchema, operationStatusSchema } from "./operation.schema";
import type { ResourceCondition, ResourceMeta } from "./resource-meta";
import type { InStep, JsonObject, MustBeTrue } from "./structural-schema";

/** One day-2 action on one application instance. */
export type Operation = {
  apiVersion: typeof OPERATION.apiVersion;
  kind: typeof OPERATION.kind;
  metadata: ResourceMeta;
  spec: OperationSpec;
  status?: OperationStatus;
};

export type OperationType =
  "Backup" | "Restore" | "Upgrade" | "Migration" | "RunCommand" | "Runbook";

export type OperationEngine =
  | "velero"
  | "workflow"
  | "job"
  | "helm"
  | "volsync"
  | "helmHookJob"
  | "snapshot";

export interface OperationSpec {
  readonly targetRef: {
    readonly apiVersion: typeof APPLICATION_INSTANCE.apiVersion;
    readonly kind: typeof APPLICATION_INSTANCE.kind;
    readonly name: string;
  };
  readonly type: OperationType;
  readonly engine: OperationEngine;
  readonly parameters?: JsonObject;
  readonly approvals?: {
    readonly required?: boolean;
    readonly claim?: string;
    readonly approvedBy?: string;
    readonly approvedAt?: string;
  };
  readonly policy?: {
    readonly requireReady?: boolean;
    readonly exclusive?: boolean;
    readonly timeoutSeconds?: number;
    readonly maintenanceWindows?: readonly MaintenanceWindow[];
  };
  readonly cancel?: boolean;
}

export type OperationPhase =
  "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";

export interface OperationStatus {
  readonly observedGeneration?: number;
  readonly phase?: OperationPhase;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly conditions?: readonly ResourceCondition[];
  readonly outputs?: JsonObject;
  readonly logsRef?: {
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
    readonly url?: string;
  };
}

/**
 * Annotations of a target that name the engines for a type, comma-separated. The first is the one we write; the others are
 * older spellings that are read too.
 */
export const CAPABILITY_ANNOTATIONS: Readonly<
  Record<OperationType, readonly [string, ...string[]]>
> = {
  Backup: ["ops.vworkspace.io/backup"],
  Restore: ["ops.vworkspace.io/restore"],
  Upgrade: ["ops.vworkspace.io/upgrade"],
  Migration: ["ops.vworkspace.io/migration"],
  RunCommand: ["ops.vworkspace.io/run-command", "ops.vworkspace.io/runcommand"],
  Runbook: ["ops.vworkspace.io/runbook"],
};

type _SpecInStep = MustBeTrue<
  InStep<typeof operationSpecSchema, OperationSpec>
>;
type _StatusInStep = MustBeTrue<
  InStep<typeof operationStatusSchema, OperationStatus>
>;
