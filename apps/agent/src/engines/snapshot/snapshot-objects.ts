import type { Kind, KubeObject } from "@vworkspace/kube";
import { STATEFUL_SET } from "../../watches/watched-kinds";

export const VOLUME_SNAPSHOT: Kind = {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshot",
};
export const VOLUME_CLAIM: Kind = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
};
export const STORAGE_CLASS: Kind = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
};

export interface VolumeSnapshot extends KubeObject {
  readonly spec?: {
    readonly source?: {
      readonly persistentVolumeClaimName?: string;
      readonly volumeSnapshotContentName?: string;
    };
  };
  readonly status?: {
    readonly readyToUse?: boolean;
    readonly boundVolumeSnapshotContentName?: string;
    readonly restoreSize?: string | number;
    /** The last try that failed; it is gone after one that works. */
    readonly error?: { readonly time?: string; readonly message?: string };
  };
}

export interface VolumeClaim extends KubeObject {
  readonly spec?: {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly resources?: {
      readonly requests?: { readonly storage?: string | number };
    };
  };
  readonly status?: { readonly phase?: string };
}

export interface StorageClass extends KubeObject {
  readonly volumeBindingMode?: string;
}

/** A core/v1 Event. */
export interface WarningEvent extends KubeObject {
  readonly involvedObject?: { readonly uid?: string };
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

interface PodSpec {
  readonly volumes?: readonly {
    readonly persistentVolumeClaim?: { readonly claimName?: string };
  }[];
}

export interface Pod extends KubeObject {
  readonly spec?: PodSpec;
  readonly status?: { readonly phase?: string };
}

/** A Deployment or a StatefulSet. */
export interface Workload extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: PodSpec };
    readonly volumeClaimTemplates?: readonly {
      readonly metadata?: { readonly name?: string };
    }[];
    readonly persistentVolumeClaimRetentionPolicy?: {
      readonly whenScaled?: string;
    };
  };
}

export interface HeldRelease extends KubeObject {
  readonly spec?: { readonly suspend?: boolean };
}

/** Whether pods of this description have the claim as a volume. */
export function mounts(pod: PodSpec | undefined, claim: string): boolean {
  return (pod?.volumes ?? []).some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim,
  );
}

/** A StatefulSet makes its claims itself: template, its own name, number of the pod. */
export function makesClaim(
  { kind, metadata, spec }: Workload,
  claim: string,
): boolean {
  if (kind !== STATEFUL_SET.kind) return false;
  return (spec?.volumeClaimTemplates ?? []).some((template) => {
    const start = `${template.metadata?.name}-${metadata.name}-`;
    return claim.startsWith(start) && /^\d+$/.test(claim.slice(start.length));
  });
}

/** How many pods a workload is to have; the API server writes 1 where nothing is said. */
export function replicasOf({ spec }: Workload): number {
  return spec?.replicas ?? 1;
}

export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}
