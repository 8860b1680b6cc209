import {
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "./flux-kinds";

const ANYTHING = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
};

function definition(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  plural: string,
  shortName: string,
): object {
  const [group, version] = apiVersion.split("/");
  const properties = { spec: ANYTHING, status: ANYTHING };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, shortNames: [shortName] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", properties } },
        },
      ],
    },
  };
}

/** The kinds of Flux that the stand-in controllers know: group, version and name are Flux's, the schemas take anything. */
export const FLUX_DEFINITIONS: readonly object[] = [
  definition(HELM_RELEASE, "helmreleases", "hr"),
  definition(HELM_REPOSITORY, "helmrepositories", "helmrepo"),
  definition(OCI_REPOSITORY, "ocirepositories", "ocirepo"),
  definition(HELM_CHART, "helmcharts", "hc"),
];
