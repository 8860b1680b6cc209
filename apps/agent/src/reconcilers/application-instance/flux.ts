import type { Condition } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";

/** What the reconciler reads of Flux's objects. Everything may be absent until Flux has looked at them. */
interface FluxStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

export interface FluxSource extends KubeObject {
  readonly spec?: { readonly ref?: { readonly tag?: string } };
  readonly status?: FluxStatus & {
    readonly artifact?: {
      readonly revision?: string;
      readonly digest?: string;
    };
  };
}

/** One release that helm-controller knows of; the newest stands first. */
export interface HelmSnapshot {
  readonly name?: string;
  readonly chartName?: string;
  readonly chartVersion?: string;
  readonly appVersion?: string;
  readonly version?: number;
  readonly status?: string;
  readonly digest?: string;
  readonly firstDeployed?: string;
  readonly lastDeployed?: string;
}

export interface HelmRelease extends KubeObject {
  readonly spec?: {
    readonly releaseName?: string;
    readonly targetNamespace?: string;
    readonly storageNamespace?: string;
    readonly suspend?: boolean;
    /** Of a chart in a Helm repository. */
    readonly chart?: { readonly spec?: { readonly version?: string } };
    /** Of a chart in an OCI repository. */
    readonly chartRef?: { readonly kind?: string; readonly name?: string };
    readonly driftDetection?: { readonly mode?: string };
  };
  readonly status?: FluxStatus & {
    /** Since helm-controller 1.5 (Flux 2.8). */
    readonly inventory?: {
      readonly entries: readonly { readonly id: string; readonly v: string }[];
    };
    readonly history?: readonly HelmSnapshot[];
    readonly lastAttemptedRevision?: string;
    readonly lastAttemptedRevisionDigest?: string;
  };
}

/** A Flux condition that speaks about the object's current generation, if there is one. */
export function currentCondition(
  object: FluxSource | HelmRelease,
  type: string,
): Condition | undefined {
  const { observedGeneration, conditions = [] } = object.status ?? {};
  const generation = object.metadata.generation ?? 0;
  const condition = conditions.find((item) => item.type === type);
  const observed = condition?.observedGeneration ?? observedGeneration ?? -1;
  return observed >= generation ? condition : undefined;
}

/** Name under which Helm stores the release of a HelmRelease, and the namespace it stores it in. */
export function releaseOf(release: HelmRelease): {
  readonly name: string;
  readonly namespace: string;
} {
  const { namespace = "", name } = release.metadata;
  const { releaseName, targetNamespace, storageNamespace } = release.spec ?? {};
  const composed = targetNamespace ? `${targetNamespace}-${name}` : name;
  return {
    name: releaseName ?? composed,
    namespace: storageNamespace ?? namespace,
  };
}
