export type ClusterState = "pending" | "active" | "disabled" | "revoked";
export type ConnectivityMode = "pull" | "push" | "gitops";

/** A cluster as the gateway knows it. `code` is its clusterId on the wire; `id` never leaves the gateway. */
export interface Cluster {
  readonly id: string;
  readonly number: number;
  readonly code: string;
  readonly name: string;
  readonly state: ClusterState;
  readonly connectivityMode: ConnectivityMode;
  readonly simulated: boolean;
}

/** A cluster whose bearer token was accepted. */
export interface ClusterPrincipal {
  readonly organizationId: string;
  readonly clusterId: string;
  readonly clusterCode: string;
  readonly credentialId: string;
}

/** What is known of a credential, judged by the database's clock. */
export interface CredentialRow {
  readonly id: string;
  readonly clusterId: string;
  readonly clusterCode: string;
  readonly clusterState: ClusterState;
  readonly isLive: boolean;
  readonly isFirstUse: boolean;
  readonly fromRegistration: boolean;
  readonly successorId: string | undefined;
}
