const ANYTHING = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
};

/** A kind of the name of Flux's that takes anything: enough for who may write one. */
export const RELEASE_DEFINITION = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "helmreleases.helm.toolkit.fluxcd.io" },
  spec: {
    group: "helm.toolkit.fluxcd.io",
    scope: "Namespaced",
    names: { plural: "helmreleases", kind: "HelmRelease" },
    versions: [
      {
        name: "v2",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", properties: { spec: ANYTHING } },
        },
      },
    ],
  },
};
