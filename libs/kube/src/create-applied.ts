import type { KubeApi, WriteOptions } from "./kube-api";
import { type KubeObject, type ManagedFieldsEntry, refOf } from "./kube-object";

/**
 * Server-side apply of an object that isn't there. An apply can demand nothing of what does not exist, so that a copy of it
 * which arrives late lands on whatever stands there by then; a POST fails on it. What the POST made is then claimed.
 * @throws KubeError AlreadyExists; or a conflict where somebody wrote in between: the object is there and not claimed yet
 */
export async function createApplied<T extends KubeObject>(
  api: KubeApi,
  object: T,
  options: WriteOptions,
): Promise<T> {
  return claimCreated(api, await api.create(object, options), options);
}

/**
 * Makes the fields that the manager owns by a POST its applied ones, as client-go's csaupgrade does: else its next apply
 * conflicts with itself, and what it leaves out would stay. An object that needs none of this is returned as it is.
 */
export async function claimCreated<T extends KubeObject>(
  api: KubeApi,
  object: T,
  options: WriteOptions,
): Promise<T> {
  const managedFields = claimed(object, options.fieldManager);
  if (managedFields === undefined) return object;
  const { resourceVersion } = object.metadata;
  const metadata = { resourceVersion, managedFields };
  return api.patch<T>(refOf(object), { metadata }, options);
}

function claimed(
  { metadata }: KubeObject,
  manager: string,
): ManagedFieldsEntry[] | undefined {
  const entries = metadata.managedFields ?? [];
  const isOwn = (entry: ManagedFieldsEntry) =>
    entry.manager === manager && entry.subresource === undefined;
  const operations = entries.filter(isOwn).map((entry) => entry.operation);
  if (operations.length !== 1 || operations[0] !== "Update") return undefined;
  return entries.map((entry) =>
    isOwn(entry) ? { ...entry, operation: "Apply" } : entry,
  );
}
