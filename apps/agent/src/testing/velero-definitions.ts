import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@vworkspace/kube";
import { parse } from "yaml";
import { repositoryRoot } from "../../../../test/cluster/repository-root";
import { standIn } from "./flux-definitions";

const SNAPSHOTS = "snapshot.storage.k8s.io";
const KINDS = [
  ["velero.io", "v1", "Backup", "backups"],
  ["velero.io", "v1", "Restore", "restores"],
  ["velero.io", "v1", "DeleteBackupRequest", "deletebackuprequests"],
  [SNAPSHOTS, "v1", "VolumeSnapshotClass", "volumesnapshotclasses"],
] as const;

/** Velero's CRDs and that of snapshot classes as they are laid beside the checkout; stand-ins where they aren't. */
export function veleroDefinitions(): readonly KubeObject[] {
  const directory = join(repositoryRoot(), "..", "shared", "crds");
  return KINDS.map((kind) => {
    const file = join(directory, `${kind[3]}.${kind[0]}.yaml`);
    if (!existsSync(file)) return permissive(kind);
    return parse(readFileSync(file, "utf8")) as KubeObject;
  });
}

/** None of these kinds has a status of its own to write, nor are snapshot classes in a namespace. */
function permissive(kind: (typeof KINDS)[number]): KubeObject {
  const definition = standIn(kind);
  const spec = definition["spec"] as { versions: object[] };
  const isClass = kind[0] === SNAPSHOTS;
  const schema = {
    openAPIV3Schema: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    },
  };
  return {
    ...definition,
    metadata: {
      ...definition.metadata,
      annotations: {
        "api-approved.kubernetes.io": "unapproved, a stand-in for tests",
      },
    },
    spec: {
      ...spec,
      scope: isClass ? "Cluster" : "Namespaced",
      versions: spec.versions.map((version) => ({
        ...version,
        subresources: undefined,
        schema,
      })),
    },
  };
}
