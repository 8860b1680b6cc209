import type { KubeObject } from "@vworkspace/kube";

/** Something that whoever looks with kubectl should see. */
export interface ClusterEvent {
  /** What it is about. */
  readonly regarding: KubeObject;
  readonly type: "Normal" | "Warning";
  /** UpperCamelCase, at most 128 characters; that of a condition where it comes from one. */
  readonly reason: string;
  /** For people. At most 1024 bytes are kept; never anything secret. */
  readonly note: string;
}

/** Tells the people of the cluster, by Kubernetes Events. */
export abstract class ClusterEvents {
  /** Returns at once and never fails: an event is a courtesy, and no work waits for it. */
  abstract tell(event: ClusterEvent): void;
}
