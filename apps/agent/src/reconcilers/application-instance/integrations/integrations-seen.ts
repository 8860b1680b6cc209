import type { KubeObject } from "@vworkspace/kube";

/** One object that spec.integrations asks for, and what is there of it. */
export interface WantedIntegration {
  readonly desired: KubeObject;
  /** Present only if it is ours. */
  readonly actual?: KubeObject;
  /** Somebody else's object has the name. */
  readonly isTaken?: true;
  readonly isAsDesired: boolean;
}

/** What there is of the integrations of one instance. */
export interface IntegrationsSeen {
  /** In the order in which they are written. */
  readonly wanted: readonly WantedIntegration[];
  /** Ours, and asked for no more. */
  readonly stale: readonly KubeObject[];
  /** Kinds that are asked for and that the cluster does not serve. */
  readonly missingKinds: readonly string[];
  /** An object under one of our names that is not ours, as `Ingress web-vworkspace`. */
  readonly holder?: string;
  /** What the ExternalSecret has not fetched, or no longer fetches, and why. */
  readonly secret?: {
    readonly problem: "never-fetched" | "not-refreshed";
    readonly message: string;
  };
  /** Why the Certificate is not Ready. */
  readonly certificate?: { readonly message: string };
}

export const NO_INTEGRATIONS: IntegrationsSeen = {
  wanted: [],
  stale: [],
  missingKinds: [],
};
