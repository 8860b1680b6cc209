import { fieldsAt, isEqual, stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import { refOf, type ClusterAccess } from "../cluster-access";
import { BACKUP_NAME_LABEL, RESTORE_NAME_LABEL } from "./velero-kinds";

/** Puts an object of a backup where it belongs. @returns whether Velero would warn of it: another one is there, and stays */
export function restoreObject(
  cluster: ClusterAccess,
  restore: KubeObject,
  object: KubeObject,
): boolean {
  const restored = restoredForm(restore, object);
  const existing = cluster.get(refOf(restored));
  if (!existing) {
    cluster.apply(restored);
    return false;
  }
  if (isEqual(plainForm(existing), plainForm(restored))) return false;
  const policy = stringAt(restore, "spec", "existingResourcePolicy");
  if (policy !== "update" || existing.kind === "Namespace")
    return existing.kind !== "Namespace";
  const { metadata, ...body } = restored;
  const { labels, annotations } = metadata;
  cluster.patch(refOf(existing), {
    ...body,
    metadata: { labels, ...(annotations && { annotations }) },
  });
  return false;
}

/** In the namespace that it is mapped to, marked with where it is from. */
function restoredForm(restore: KubeObject, object: KubeObject): KubeObject {
  const mapping = fieldsAt(restore, "spec", "namespaceMapping");
  const mapped = (name: string) => stringAt(mapping, name) || name;
  const form = plainForm(object);
  const { name, namespace, labels = {} } = form.metadata;
  return {
    ...form,
    metadata: {
      ...form.metadata,
      ...(namespace === undefined
        ? { name: mapped(name) }
        : { namespace: mapped(namespace) }),
      labels: {
        ...labels,
        [BACKUP_NAME_LABEL]: stringAt(restore, "spec", "backupName"),
        [RESTORE_NAME_LABEL]: restore.metadata.name,
      },
    },
  };
}

/** Without status and what the API server, or an earlier restore, has written. */
function plainForm({ status: _, metadata, ...body }: KubeObject): KubeObject {
  const { name, namespace, labels = {}, annotations } = metadata;
  const {
    [BACKUP_NAME_LABEL]: _backup,
    [RESTORE_NAME_LABEL]: _restore,
    ...own
  } = labels;
  return {
    ...(body as Pick<KubeObject, "apiVersion" | "kind">),
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: own,
      ...(annotations && { annotations }),
    },
  };
}
