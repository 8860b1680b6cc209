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

const ANYTHING = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
};

/** Flux's CRDs as they are laid beside the checkout; stand-ins that take anything where they aren't. */
export function fluxDefinitions(): readonly KubeObject[] {
  const directory = join(repositoryRoot(), "..", "shared", "crds");
  return KINDS.map((kind) => {
    const file = join(directory, `${kind[3]}.${kind[0]}.yaml`);
    if (!existsSync(file)) return standIn(kind);
    return parse(readFileSync(file, "utf8")) as KubeObject;
  });
}

/** For a cluster that doesn't evaluate CEL. */
export function permissiveFluxDefinitions(): readonly KubeObject[] {
  return KINDS.map((kind) => standIn(kind));
}

/** A CustomResourceDefinition that takes anything, of a group, version, kind and plural. */
export function standIn([group, version, kind, plural]: readonly [
  string,
  string,
  string,
  string,
]): KubeObject {
  const names = {
    kind,
    plural,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
  };
  const properties = { spec: ANYTHING, status: ANYTHING };
  const schema = { openAPIV3Schema: { type: "object", properties } };
  const served = {
    name: version,
    served: true,
    storage: true,
    subresources: { status: {} },
    schema,
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: "Namespaced", names, versions: [served] },
  };
}
