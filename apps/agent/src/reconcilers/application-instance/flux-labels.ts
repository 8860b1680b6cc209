/** What helm-controller puts on everything that a HelmRelease installs. */
export const FLUX_LABELS = {
  name: "helm.toolkit.fluxcd.io/name",
  namespace: "helm.toolkit.fluxcd.io/namespace",
} as const;
