const SOURCE = "source.toolkit.fluxcd.io/v1";

export const HELM_RELEASE = {
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
} as const;
export const HELM_REPOSITORY = {
  apiVersion: SOURCE,
  kind: "HelmRepository",
} as const;
export const OCI_REPOSITORY = {
  apiVersion: SOURCE,
  kind: "OCIRepository",
} as const;
export const HELM_CHART = { apiVersion: SOURCE, kind: "HelmChart" } as const;

export const FLUX_FINALIZER = "finalizers.fluxcd.io";
/** A new value asks for a reconciliation at once; status.lastHandledReconcileAt says which value was heeded. */
export const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

/** Storage keys of the kinds, as changes name them. */
export const RESOURCE_OF = {
  HelmRelease: "helmreleases.helm.toolkit.fluxcd.io",
  HelmRepository: "helmrepositories.source.toolkit.fluxcd.io",
  OCIRepository: "ocirepositories.source.toolkit.fluxcd.io",
  HelmChart: "helmcharts.source.toolkit.fluxcd.io",
} as const;
