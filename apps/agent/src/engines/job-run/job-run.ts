import type { Kind, KubeObject, OwnerReference } from "@vworkspace/kube";

export const JOB: Kind = { apiVersion: "batch/v1", kind: "Job" };

/** The parts of core/v1 PodSpec that are read. */
export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers?: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly volumes?: readonly VolumeSpec[];
  readonly [field: string]: unknown;
}

export interface ContainerSpec {
  readonly name: string;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name?: string } };
  }[];
  readonly envFrom?: readonly {
    readonly secretRef?: { readonly name?: string };
  }[];
  readonly [field: string]: unknown;
}

interface VolumeSpec {
  readonly secret?: { readonly secretName?: string };
  readonly projected?: {
    readonly sources?: readonly {
      readonly secret?: { readonly name?: string };
    }[];
  };
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

interface JobCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** batch/v1 Job, as far as it is read. */
export interface Job extends KubeObject {
  spec: {
    readonly template: PodTemplate;
    readonly [field: string]: unknown;
  };
  status?: {
    readonly active?: number;
    readonly failed?: number;
    readonly succeeded?: number;
    readonly conditions?: readonly JobCondition[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: {
      readonly exitCode?: number;
      readonly reason?: string;
    };
  };
}

/** core/v1 Pod, as far as it is read. */
export interface Pod extends KubeObject {
  metadata: KubeObject["metadata"] & { ownerReferences?: OwnerReference[] };
  status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly JobCondition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** What is there of the Job of one operation. */
export interface JobRun {
  /** What has the Job's name, whosever it is. */
  readonly job?: Job;
  /** Of this Job, or of the one that had its name. */
  readonly pods: readonly Pod[];
  /** The last lines of the container that failed, without secrets; where the agent may show them. */
  readonly log?: string;
}
