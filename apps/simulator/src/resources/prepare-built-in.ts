import { badRequest } from "../api/status-error";
import { isEqual, isFields, stringAt, valueAt, type Fields } from "../json";
import type { KubeObject } from "../kube-object";
import { forbiddenValue, invalid, invalidValue } from "../schema/field-error";

/** A namespace is given its own finalizer, its phase and its name as a label. */
export function prepareNamespace(
  object: KubeObject,
  old?: KubeObject,
): KubeObject {
  const { metadata } = object;
  const labels = {
    ...metadata.labels,
    "kubernetes.io/metadata.name": metadata.name,
  };
  return {
    ...object,
    metadata: { ...metadata, labels },
    spec: old ? old["spec"] : { finalizers: ["kubernetes"] },
    status: object["status"] ?? { phase: "Active" },
  };
}

/** stringData is written into data; values must be base64; type defaults to Opaque and does not change. */
export function prepareSecret(
  object: KubeObject,
  old?: KubeObject,
): KubeObject {
  const { stringData, ...rest } = object;
  const data = stringMap(object, "data");
  for (const [key, value] of Object.entries(data ?? {}))
    if (!isBase64(value))
      throw badRequest(
        `Secret in version "v1" cannot be handled as a Secret: illegal base64 data in data.${key}`,
      );
  const encoded = Object.entries(
    stringMap({ stringData }, "stringData") ?? {},
  ).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  const merged = { ...data, ...(Object.fromEntries(encoded) as Fields) };
  const prepared: KubeObject = {
    ...rest,
    ...(data || encoded.length > 0 ? { data: merged } : {}),
    type: object["type"] ?? "Opaque",
  };
  refuseChangeOfImmutable(prepared, old);
  if (old && old["type"] !== prepared["type"])
    throw invalid(
      { kind: prepared.kind, group: "", name: prepared.metadata.name },
      [invalidValue("type", prepared["type"], "field is immutable")],
    );
  return prepared;
}

export function prepareConfigMap(
  object: KubeObject,
  old?: KubeObject,
): KubeObject {
  stringMap(object, "data");
  refuseChangeOfImmutable(object, old);
  return object;
}

/** Whom a binding binds may change; to what, never. */
export function prepareBinding(
  object: KubeObject,
  old?: KubeObject,
): KubeObject {
  if (old && !isEqual(object["roleRef"], old["roleRef"]))
    throw invalid(
      {
        kind: object.kind,
        group: "rbac.authorization.k8s.io",
        name: object.metadata.name,
      },
      [invalidValue("roleRef", object["roleRef"], "cannot change roleRef")],
    );
  return object;
}

function refuseChangeOfImmutable(object: KubeObject, old?: KubeObject): void {
  if (old?.["immutable"] !== true) return;
  if (object["immutable"] !== true)
    throw refuse(
      object,
      "immutable",
      "field is immutable when `immutable` is set",
    );
  if (!isEqual(object["data"], old["data"]))
    throw refuse(object, "data", "field is immutable when `immutable` is set");
}

function refuse(object: KubeObject, field: string, why: string) {
  return invalid({ kind: object.kind, group: "", name: object.metadata.name }, [
    forbiddenValue(field, why),
  ]);
}

function stringMap(
  object: Fields | KubeObject,
  field: string,
): Record<string, string> | undefined {
  const value = valueAt(object, field);
  if (value === undefined || value === null) return undefined;
  if (
    isFields(value) &&
    Object.values(value).every((one) => typeof one === "string")
  )
    return value as Record<string, string>;
  const kind = stringAt(object, "kind") || "Secret";
  throw badRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: ${field} must be a map of strings`,
  );
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/\r\n]*={0,2}$/.test(text);
}
