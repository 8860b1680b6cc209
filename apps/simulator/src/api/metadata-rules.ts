import { isFields } from "../json";
import type { KubeObject } from "../kube-object";
import type { ResourceType } from "../resources/resource-type";
import {
  forbiddenValue,
  invalidValue,
  requiredValue,
  type FieldError,
} from "../schema/field-error";
import { badRequest } from "./status-error";

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const DNS_SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const ANNOTATIONS_LIMIT = 256 * 1024;

const WORDS = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  labelValue:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  qualified:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
};

/** @throws StatusError 400 when metadata is not of the shape every kind has */
export function requireMetadataShape(metadata: unknown): void {
  if (!isFields(metadata)) throw badRequest("metadata must be an object");
  for (const field of ["labels", "annotations"])
    if (!isStringMap(metadata[field]))
      throw badRequest(`metadata.${field} must be a map of strings`);
  const { finalizers, name } = metadata;
  if (finalizers !== undefined && finalizers !== null)
    if (!isStringList(finalizers))
      throw badRequest("metadata.finalizers must be a list of strings");
  if (name !== undefined && typeof name !== "string")
    throw badRequest("metadata.name must be a string");
}

function isStringMap(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return (
    isFields(value) &&
    Object.values(value).every((one) => typeof one === "string")
  );
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

export function metadataErrors(
  object: KubeObject,
  type: ResourceType,
): FieldError[] {
  const { metadata } = object;
  return [
    ...nameErrors(metadata.name, type),
    ...Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [
      ...qualifiedErrors(key, "metadata.labels"),
      ...labelValueErrors(value),
    ]),
    ...Object.keys(metadata.annotations ?? {}).flatMap((key) =>
      qualifiedErrors(key.toLowerCase(), "metadata.annotations"),
    ),
    ...annotationSizeErrors(metadata.annotations ?? {}),
    ...(metadata.finalizers ?? []).flatMap((name) =>
      qualifiedErrors(name, "metadata.finalizers"),
    ),
  ];
}

/** Names of RBAC objects are any path segment; namespaces and services are labels; everything else is a subdomain. */
function nameErrors(name: string, type: ResourceType): FieldError[] {
  const field = "metadata.name";
  if (name === "")
    return [requiredValue(field, "name or generateName is required")];
  if (type.group === "rbac.authorization.k8s.io")
    return /[/%]|^\.\.?$/.test(name)
      ? [invalidValue(field, name, "may not contain '/' or '%'")]
      : [];
  const isLabel = ["namespaces", "services"].includes(type.plural);
  const [pattern, limit, words] =
    isLabel && !type.isCustom
      ? [DNS_LABEL, 63, WORDS.label]
      : [DNS_SUBDOMAIN, 253, WORDS.subdomain];
  if (name.length > limit)
    return [invalidValue(field, name, `must be no more than ${limit} bytes`)];
  return pattern.test(name) ? [] : [invalidValue(field, name, words)];
}

function qualifiedErrors(key: string, field: string): FieldError[] {
  const [name = "", prefix, ...more] = key.split("/").reverse();
  const isPrefixGood =
    prefix === undefined ||
    (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
  const isNameGood = name.length <= 63 && QUALIFIED_PART.test(name);
  return isPrefixGood && isNameGood && more.length === 0
    ? []
    : [invalidValue(field, key, WORDS.qualified)];
}

function labelValueErrors(value: string): FieldError[] {
  const field = "metadata.labels";
  if (value.length > 63)
    return [invalidValue(field, value, "must be no more than 63 bytes")];
  return value === "" || QUALIFIED_PART.test(value)
    ? []
    : [invalidValue(field, value, WORDS.labelValue)];
}

function annotationSizeErrors(
  annotations: Readonly<Record<string, string>>,
): FieldError[] {
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key + value),
    0,
  );
  if (size <= ANNOTATIONS_LIMIT) return [];
  return [
    {
      reason: "FieldValueTooLong",
      field: "metadata.annotations",
      message: `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`,
    },
  ];
}

/** While an object is being deleted its finalizers only become fewer. */
export function finalizerErrors(
  next: KubeObject,
  old: KubeObject,
): FieldError[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = old.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter(
    (name) => !before.includes(name),
  );
  if (added.length === 0) return [];
  const names = added.map((name) => JSON.stringify(name)).join(", ");
  return [
    forbiddenValue(
      "metadata.finalizers",
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
    ),
  ];
}
