/** How Flux fares with one instance; what isn't said goes well. */
export interface FluxCourse {
  /** Why the chart can't be fetched, in the words of source-controller. */
  readonly chart?: "unreachable" | "unauthorized" | "gone";
  /** So many installations fail, and are uninstalled again, before one works. */
  readonly failedInstalls?: number;
  /** It is installed and never becomes ready. */
  readonly isNeverReady?: boolean;
  /** Upgrades to another chart version fail; they are rolled back where the HelmRelease asks for it. */
  readonly doUpgradesFail?: boolean;
  /** Uninstalling takes so many looks, or never ends. */
  readonly uninstall?: number | "stuck";
  /** Since when the release is Ready, RFC 3339; a corrected drift sets it anew. */
  readonly readySince?: string;
}

/** What source-controller says of a chart that can't be fetched. */
export const CHART_FAILURES = {
  unreachable: {
    reason: "OCIArtifactPullFailed",
    message:
      "failed to determine artifact digest: dial tcp: lookup registry.example.com: no such host",
  },
  unauthorized: {
    reason: "OCIArtifactPullFailed",
    message:
      "failed to determine artifact digest: GET https://registry.example.com/v2/: 401 Unauthorized",
  },
  gone: {
    reason: "OCIArtifactPullFailed",
    message:
      "failed to determine artifact digest: NAME_UNKNOWN: repository name not known to registry",
  },
} as const;
