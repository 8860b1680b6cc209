import { applicationInstanceSpecSchema } from "./application-instance.schema";
import { applicationInstanceStatusSchema } from "./application-instance-status.schema";
import type { Integrations } from "./integrations";
import type { APPLICATION_INSTANCE } from "./names";
import type { ResourceCondition, ResourceMeta } from "./resource-meta";
import type { InStep, JsonObject, MustBeTrue } from "./structural-schema";

/**
 * Desired state of one application in one namespace. A type, not an interface, so that it is assignable to "any Kubernetes
 * object".
 */
export type ApplicationInstance = {
  apiVersion: typeof APPLICATION_INSTANCE.apiVersion;
  kind: typeof APPLICATION_INSTANCE.kind;
  metadata: ResourceMeta;
  spec: ApplicationInstanceSpec;
  status?: ApplicationInstanceStatus;
};

export interface ApplicationInstanceSpec {
  readonly mode?: "managed" | "placeholder";
  readonly appRef: { readonly catalogId: string };
  readonly chart?: ChartReference;
  readonly release?: ReleaseIdentity;
  readonly values?: ChartValues;
  readonly integrations?: Integrations;
  readonly suspend?: boolean;
  readonly drift?: { readonly mode: "enabled" | "warn" | "disabled" };
  readonly deletionPolicy?: "Delete" | "Orphan";
  readonly serviceAccountName?: string;
  readonly policy?: ChangePolicy;
  readonly probes?: readonly Probe[];
}

export interface ChartReference {
  readonly sourceType: "oci" | "helm";
  /** `oci://…` or `http(s)://…`, without credentials. */
  readonly url: string;
  readonly name: string;
  /** One exact SemVer 2.0.0 version. */
  readonly version: string;
  readonly secretRef?: { readonly name: string };
  readonly certSecretRef?: { readonly name: string };
}

export interface ReleaseIdentity {
  /** DNS label of at most 53 characters. */
  readonly name: string;
  /** Equals metadata.namespace. */
  readonly namespace: string;
}

export interface ChartValues {
  readonly source: "inline" | "secretRef" | "configMapRef" | "merge";
  readonly inline?: JsonObject;
  readonly secretRef?: DataKeyReference;
  readonly configMapRef?: DataKeyReference;
}

export interface DataKeyReference {
  readonly name: string;
  readonly key: string;
}

export interface ChangePolicy {
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
  readonly timeoutSeconds?: number;
  readonly rollbackOnFailure?: boolean;
}

/** A time when changes may be applied. */
export interface MaintenanceWindow {
  /** Minute, hour, day of month, month, day of week. */
  readonly cron: string;
  readonly durationMinutes: number;
  /** IANA name; absent: UTC. */
  readonly timezone?: string;
  /** One window of every set has to be open; those without are a set as well. */
  readonly set?: string;
}

/** A look at a Service of the instance's own namespace, for what Flux can't see. */
export interface Probe {
  /** DNS label, unique in the instance. */
  readonly name: string;
  readonly type: "http" | "tcp";
  /** Name of the Service. */
  readonly service: string;
  readonly port: number;
  /** Of an http probe; absent: `/`. */
  readonly path?: string;
  /** Of an http probe: the status it must answer; absent: any from 200 to 399. */
  readonly expectStatus?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  /** Failures in a row that count. */
  readonly failureThreshold?: number;
}

/** What an absent field means; not written into the object, so that the digest of a spec does not depend on it. */
export const ABSENT_MEANS = {
  driftMode: "warn",
  timeoutSeconds: 300,
  rollbackOnFailure: false,
  timezone: "UTC",
  probePath: "/",
  probePeriodSeconds: 30,
  probeTimeoutSeconds: 5,
  probeFailureThreshold: 3,
  ingressPath: "/",
  ingressServicePort: 80,
  issuerKind: "Issuer",
  secretStoreKind: "SecretStore",
} as const;

export interface ApplicationInstanceStatus {
  readonly observedGeneration?: number;
  readonly intentGeneration?: number;
  readonly conditions?: readonly ResourceCondition[];
  readonly helmReleaseRef?: {
    readonly name: string;
    readonly namespace: string;
  };
  readonly lastAppliedChart?: {
    readonly sourceType: "oci" | "helm";
    readonly url: string;
    readonly name: string;
    readonly version: string;
  };
  readonly lastReconcileTime?: string;
  readonly endpoints?: readonly Endpoint[];
  readonly inventory?: readonly InventoryEntry[];
  readonly history?: readonly ReleaseRevision[];
}

export interface Endpoint {
  readonly name: string;
  readonly url: string;
  readonly type?: string;
  readonly notes?: string;
}

export interface InventoryEntry {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One revision of the Helm release; the newest stands first. */
export interface ReleaseRevision {
  readonly revision: number;
  readonly chartName?: string;
  readonly chartVersion: string;
  readonly appVersion?: string;
  readonly status: string;
  readonly digest?: string;
  readonly firstDeployed?: string;
  readonly lastDeployed?: string;
  /** Who asked for it, where the control plane said so. */
  readonly requestedBy?: string;
  /** Generation of the control plane's intent that it came from. */
  readonly intentGeneration?: number;
}

type _SpecInStep = MustBeTrue<
  InStep<typeof applicationInstanceSpecSchema, ApplicationInstanceSpec>
>;
type _StatusInStep = MustBeTrue<
  InStep<typeof applicationInstanceStatusSchema, ApplicationInstanceStatus>
>;
