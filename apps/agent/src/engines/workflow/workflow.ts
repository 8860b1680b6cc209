import type { Kind, KubeObject } from "@vworkspace/kube";

export const WORKFLOW: Kind = {
  apiVersion: "argoproj.io/v1alpha1",
  kind: "Workflow",
};
export const WORKFLOW_TEMPLATE: Kind = {
  apiVersion: "argoproj.io/v1alpha1",
  kind: "WorkflowTemplate",
};

/** A parameter as a template declares it. */
export interface DeclaredParameter {
  readonly name: string;
  readonly value?: string;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly valueFrom?: object;
}

export interface WorkflowTemplate extends KubeObject {
  spec: {
    readonly arguments?: {
      readonly parameters?: readonly DeclaredParameter[];
    };
  };
}

/** One step of a workflow, or a group of steps. */
export interface WorkflowNode {
  readonly id: string;
  readonly displayName?: string;
  readonly name?: string;
  readonly type?: string;
  readonly phase?: string;
  readonly message?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly children?: readonly string[];
}

export type WorkflowNodes = Readonly<Record<string, WorkflowNode>>;

/** argoproj.io Workflow, as far as it is read. It has no status subresource. */
export interface Workflow extends KubeObject {
  spec: {
    readonly shutdown?: string;
    readonly suspend?: boolean;
    readonly [field: string]: unknown;
  };
  status?: {
    readonly phase?: string;
    readonly progress?: string;
    readonly message?: string;
    readonly nodes?: WorkflowNodes;
    /** The nodes of a large workflow: JSON, zipped, in base64. */
    readonly compressedNodes?: string;
  };
}
