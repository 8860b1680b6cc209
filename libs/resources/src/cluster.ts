import { clusterSpecSchema, clusterStatusSchema } from "./cluster.schema";
import type { CLUSTER } from "./names";
import type { ResourceCondition, ResourceMeta } from "./resource-meta";
import type { InStep, MustBeTrue } from "./structural-schema";

/** The agent's own state; cluster-scoped, one per cluster. */
export type Cluster = {
  apiVersion: typeof CLUSTER.apiVersion;
  kind: typeof CLUSTER.kind;
  metadata: ResourceMeta;
  spec?: ClusterSpec;
  status?: ClusterStatus;
};

export interface ClusterSpec {
  readonly clusterId?: string;
  readonly controlPlaneEndpoint?: string;
  /** Older spelling; read through {@link controlPlaneEndpointOf}. */
  readonly controlPlaneBaseUrl?: string;
  /** Oldest spelling; read through {@link controlPlaneEndpointOf}. */
  readonly odooBaseUrl?: string;
  readonly displayName?: string;
  readonly registrationTokenSecretRef?: {
    readonly name: string;
    /** Absent: `registrationToken`. */
    readonly key?: string;
  };
  /** A secret: never logged, cleared after its one use. */
  readonly registrationToken?: string;
  readonly rotateCredentials?: boolean;
  readonly capabilities?: {
    readonly flux?: boolean;
    readonly velero?: boolean;
  };
  readonly security?: {
    readonly requireSignedPayloads?: boolean;
    readonly requireEncryptedPayloads?: boolean;
    readonly requirePersonalApprovals?: boolean;
    readonly tokenMode?: "bearer" | "mtls" | "dpop";
  };
  readonly connectivity?: {
    readonly mode?: "pull" | "push" | "gitops";
    readonly pollSeconds?: number;
    readonly disconnectAfterSeconds?: number;
  };
}

export type ClusterPhase =
  | "Pending"
  | "Registering"
  | "Connected"
  | "Disconnected"
  | "Error"
  | "Terminating";

export interface ClusterStatus {
  readonly phase?: ClusterPhase;
  readonly lastHeartbeat?: string;
  readonly conditions?: readonly ResourceCondition[];
  readonly credentialsSecretRef?: {
    readonly name: string;
    readonly namespace?: string;
  };
  readonly credentialStatus?: {
    readonly secretName?: string;
    readonly secretNamespace?: string;
    readonly registeredAt?: string;
    readonly registrationTokenConsumed?: boolean;
  };
  readonly observedToken?: string;
  readonly lastHandledRotation?: string;
  readonly agentVersion?: string;
  readonly controllers?: readonly ControllerStatus[];
  readonly buffer?: { readonly queued?: number; readonly dropped?: number };
  readonly checkpoint?: string;
}

export interface ControllerStatus {
  readonly name: string;
  readonly present: boolean;
  readonly ready?: boolean;
  readonly version?: string;
  readonly message?: string;
}

/** Base address of the control plane, whichever spelling the manifest uses; the newest spelling wins. */
export function controlPlaneEndpointOf(spec: ClusterSpec): string | undefined {
  const spellings = [
    spec.controlPlaneEndpoint,
    spec.controlPlaneBaseUrl,
    spec.odooBaseUrl,
  ];
  return spellings.find(
    (endpoint) => endpoint !== undefined && endpoint !== "",
  );
}

type _SpecInStep = MustBeTrue<InStep<typeof clusterSpecSchema, ClusterSpec>>;
type _StatusInStep = MustBeTrue<
  InStep<typeof clusterStatusSchema, ClusterStatus>
>;
