import { isFields, type Fields } from "../json";
import { apiVersionOf, type KubeObject, type Metadata } from "../kube-object";
import { withDefaults } from "../schema/defaults";
import { invalid, invalidValue } from "../schema/field-error";
import { prune } from "../schema/prune";
import { requireMetadataShape } from "./metadata-rules";
import { badRequest } from "./status-error";
import type { Target, WriteOptions } from "./write-request";

export function targetApiVersion({ type, version }: Target): string {
  return apiVersionOf(type.group, version.name);
}

/**
 * Reads a request's object: it is of the target's kind and namespace, its metadata has the common shape. Its other fields
 * are neither pruned nor defaulted yet.
 *
 * @throws StatusError 400 or 422 in the API's words
 */
export function readObject(
  body: unknown,
  target: Target,
  options: WriteOptions,
): KubeObject {
  const { kind } = target.type;
  if (!isFields(body))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): it is no object`,
    );
  const metadata = body["metadata"] ?? {};
  requireMetadataShape(metadata);
  const unknown = Object.keys(metadata as Fields)
    .filter((name) => !METADATA_FIELDS.has(name))
    .map((name) => `metadata.${name}`);
  reportUnknown(unknown, target, options);
  const object = {
    ...body,
    ...readKind(body, target),
    metadata: knownMetadata(metadata as Fields),
  };
  refuseOtherNamespace(object.metadata, target.namespace);
  return object;
}

/** @throws StatusError 400 when the client asked for strict validation */
function reportUnknown(
  paths: readonly string[],
  { type, version }: Target,
  options: WriteOptions,
): void {
  const unknown = paths.map((path) => `unknown field "${path}"`).sort();
  if (unknown.length > 0 && options.fieldValidation === "Strict")
    throw badRequest(
      `${type.kind} in version "${version.name}" cannot be handled as a ${type.kind}: strict decoding error: ${unknown.join(", ")}`,
    );
  if (options.fieldValidation !== "Ignore")
    for (const text of unknown) options.warn?.(text);
}

function readKind(
  body: Fields,
  target: Target,
): { apiVersion: string; kind: string } {
  const { type } = target;
  const expected = targetApiVersion(target);
  const { apiVersion, kind } = body;
  // A built-in object may leave out what its URL says; of a custom one the API asks for both.
  const isMissing = kind === undefined || kind === "";
  if (type.isCustom && isMissing)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing`,
    );
  if (apiVersion !== expected && (type.isCustom || apiVersion !== undefined))
    throw badRequest(
      `the API version in the data (${textOf(apiVersion)}) does not match the expected API version (${expected})`,
    );
  if (!isMissing && kind !== type.kind)
    throw wrongKind(textOf(kind), body, target);
  return { apiVersion: expected, kind: type.kind };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function wrongKind(kind: string, body: Fields, { type, version }: Target) {
  if (!type.isCustom)
    return badRequest(
      `${kind} in version "${version.name}" cannot be handled as a ${type.kind}`,
    );
  const metadata = isFields(body["metadata"]) ? body["metadata"] : {};
  const name = textOf(metadata["name"]);
  return invalid({ kind, group: type.group, name }, [
    invalidValue("kind", kind, `must be ${type.kind}`),
  ]);
}

const METADATA_FIELDS = new Set([
  "name",
  "generateName",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
  "managedFields",
  "selfLink",
]);

/** What ObjectMeta declares and the client has set. */
function knownMetadata(metadata: Fields): Metadata {
  const entries = Object.entries(metadata).filter(
    ([name, value]) =>
      METADATA_FIELDS.has(name) && name !== "selfLink" && !isEmpty(value),
  );
  return { name: "", ...Object.fromEntries(entries) };
}

/** Empty metadata is not stored. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isFields(value)) return Object.keys(value).length === 0;
  return value === null || value === "";
}

function refuseOtherNamespace(
  metadata: Metadata,
  namespace: string | undefined,
): void {
  if (metadata.namespace !== undefined && metadata.namespace !== namespace)
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  if (namespace !== undefined) metadata.namespace = namespace;
}

/**
 * Leaves out what a custom resource's schema does not know and fills in its defaults.
 *
 * @throws StatusError 400 when the client asked for strict validation and fields are unknown
 */
export function pruneAndDefault(
  object: KubeObject,
  target: Target,
  options: WriteOptions & { readonly keepsNulls?: boolean },
): KubeObject {
  if (!target.type.isCustom) return object;
  const { schema } = target.version;
  const { value, dropped } = prune(object, schema);
  reportUnknown(dropped, target, options);
  return withDefaults(value, schema, options.keepsNulls) as KubeObject;
}
