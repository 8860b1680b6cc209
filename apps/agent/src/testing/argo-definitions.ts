import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@vworkspace/kube";
import { parse } from "yaml";
import { repositoryRoot } from "../../../../test/cluster/repository-root";
import { standIn } from "./flux-definitions";

const KINDS = [
  ["argoproj.io", "v1alpha1", "Workflow", "workflows"],
  ["argoproj.io", "v1alpha1", "WorkflowTemplate", "workflowtemplates"],
] as const;

/** Argo's CRDs as they are laid beside the checkout; stand-ins that take anything where they aren't. */
export function argoDefinitions(): readonly KubeObject[] {
  const directory = join(repositoryRoot(), "..", "shared", "crds");
  return KINDS.map((kind) => {
    const file = join(directory, `${kind[3]}.${kind[0]}.yaml`);
    if (!existsSync(file)) return withoutStatus(standIn(kind));
    return parse(readFileSync(file, "utf8")) as KubeObject;
  });
}

/** For a cluster that doesn't know all of their schema. */
export function permissiveArgoDefinitions(): readonly KubeObject[] {
  return KINDS.map((kind) => withoutStatus(standIn(kind)));
}

/** Argo writes a status with everything else: its kinds have no subresource for it. */
function withoutStatus(definition: KubeObject): KubeObject {
  const spec = definition["spec"] as { versions: object[] };
  const versions = spec.versions.map((version) => ({
    ...version,
    subresources: {},
  }));
  return { ...definition, spec: { ...spec, versions } };
}
