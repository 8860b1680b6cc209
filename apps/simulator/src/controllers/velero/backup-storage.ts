import { stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { ClusterAccess } from "../cluster-access";
import { BACKUP_NAME_LABEL, VELERO_NAMESPACE } from "./velero-kinds";

const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap" };
const namespace = VELERO_NAMESPACE;

/** What a backup holds, for as long as the Backup is there. There is no bucket: a ConfigMap beside the Backup keeps it. */
export class BackupStorage {
  constructor(private readonly cluster: ClusterAccess) {}

  keep(backup: string, objects: readonly KubeObject[]): void {
    this.cluster.apply({
      ...CONFIG_MAP,
      metadata: {
        name: nameOf(backup),
        namespace,
        labels: { [BACKUP_NAME_LABEL]: backup },
      },
      data: { objects: JSON.stringify(objects) },
    });
  }

  read(backup: string): readonly KubeObject[] {
    const kept = this.cluster.get({
      ...CONFIG_MAP,
      namespace,
      name: nameOf(backup),
    });
    const text = stringAt(kept, "data", "objects");
    return text === "" ? [] : (JSON.parse(text) as KubeObject[]);
  }

  drop(backup: string): void {
    this.cluster.delete({ ...CONFIG_MAP, namespace, name: nameOf(backup) });
  }
}

function nameOf(backup: string): string {
  return `content-of-${backup}`;
}
