import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@vworkspace/kube";
import { parse } from "yaml";
import { repositoryRoot } from "../../../../test/cluster/repository-root";

const KINDS = [
  ["helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases"],
  ["source.toolkit.fluxcd.io", "v1", "HelmRepository", "helmrepositories"],
  ["source.toolkit.fluxcd.io", "v1", "OCIRepository", "ocirepositories"],
] as const;

/** Flux's CRDs: the real ones where they are laid beside the checkout, else stand-ins that take anything. */
export function fluxDefinitions(): readonly KubeObject[] {
  return KINDS.map(([group, version, kind, plural]) => {
    const file = join(
      repositoryRoot(),
      "..",
      "shared",
      "crds",
      `${plural}.${group}.yaml`,
    );
    if (existsSync(file))
      return parse(readFileSync(file, "utf8")) as KubeObject;
    return standIn({ group, version, kind, plural });
  });
}

function standIn(names: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}): KubeObject {
  const { group, version, kind, plural } = names;
  const anything = {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { spec: anything, status: anything },
            },
          },
        },
      ],
    },
  };
}
