import type { Confirmation, TokenMode } from "./sender-constraint.decide";

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
  readonly tokenMode: TokenMode;
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
  readonly tokenMode: TokenMode;
  readonly confirmation: Confirmation;
  /** SHA-256 of the public key of the certificate that came with it, in base64url. */
  readonly certificateKey: string | undefined;
  readonly isLive: boolean;
  /** Its time is over and nothing else: whoever proves its key may still rotate. */
  readonly isRenewable: boolean;
  readonly isFirstUse: boolean;
  readonly fromRegistration: boolean;
  /** Registered, and no admin has confirmed it yet: it gets no jobs and ends no other. */
  readonly isUnconfirmed: boolean;
  readonly successorId: string | undefined;
}
