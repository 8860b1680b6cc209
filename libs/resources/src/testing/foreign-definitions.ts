const ANYTHING = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
};

interface Named {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** Kinds of the names of Flux's and Velero's that take anything: enough for who may write one. */
export const FOREIGN_DEFINITIONS = [
  {
    group: "helm.toolkit.fluxcd.io",
    version: "v2",
    kind: "HelmRelease",
    plural: "helmreleases",
  },
  { group: "velero.io", version: "v1", kind: "Backup", plural: "backups" },
  { group: "velero.io", version: "v1", kind: "Restore", plural: "restores" },
].map(definition);

function definition({ group, version, kind, plural }: Named) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", properties: { spec: ANYTHING } },
          },
        },
      ],
    },
  };
}
