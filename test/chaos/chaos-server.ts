import type { ClusterAccess } from "../cluster/kubeconfig-file";

export const CLUSTER_KINDS = ["simulator", "kube-apiserver"] as const;

export type ClusterKind = (typeof CLUSTER_KINDS)[number];

/** An API server with our definitions and Flux's, and something that does Flux's work. */
export interface ChaosServer {
  /** Of a user who may do everything. */
  readonly access: ClusterAccess;
  /** Of the agent, who may do what its roles say. */
  readonly agentAccess: ClusterAccess;
  /** kill -9; then it starts again at the same address, with all that it had acknowledged. */
  crash(downMs: number): Promise<void>;
  stop(): Promise<void>;
}
