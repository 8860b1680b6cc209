import { parse } from "yaml";
import { isFields, listAt, stringAt, valueAt, type Fields } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { ClusterAccess } from "../cluster-access";

/** A HelmRelease's values, or why they cannot be had. */
export type HelmValues =
  { readonly values: Fields } | { readonly problem: string };

/** valuesFrom in its order, then the inline values over it. */
export function readValues(
  release: KubeObject,
  cluster: ClusterAccess,
): HelmValues {
  let values: Fields = {};
  for (const reference of listAt(release, "spec", "valuesFrom")) {
    const read = readReference(release, reference, cluster);
    if ("problem" in read) return read;
    values = mergeValues(values, read.values);
  }
  const inline = valueAt(release, "spec", "values");
  return { values: isFields(inline) ? mergeValues(values, inline) : values };
}

function readReference(
  { metadata }: KubeObject,
  reference: unknown,
  cluster: ClusterAccess,
): HelmValues {
  const kind = stringAt(reference, "kind");
  const name = stringAt(reference, "name");
  const key = stringAt(reference, "valuesKey") || "values.yaml";
  const place = `'${metadata.namespace ?? ""}/${name}' with key '${key}'`;
  const could = `could not resolve ${kind} chart values reference ${place}`;
  if (stringAt(reference, "targetPath") !== "")
    return { problem: `${could}: the simulator does not know targetPath` };
  const { namespace } = metadata;
  const found = cluster.get({ apiVersion: "v1", kind, namespace, name });
  const text = valueAt(found, "data", key);
  if (typeof text !== "string") {
    if (valueAt(reference, "optional") === true) return { values: {} };
    return { problem: found ? `${could}: missing key` : `${could}: not found` };
  }
  const content =
    kind === "Secret" ? Buffer.from(text, "base64").toString() : text;
  try {
    const read: unknown = parse(content, { maxAliasCount: 100 });
    return { values: isFields(read) ? read : {} };
  } catch {
    return { problem: `${could}: unable to parse values` };
  }
}

/** Helm's own way: objects by key, everything else as a whole, null takes a key away. */
function mergeValues(under: Fields, over: Fields): Fields {
  const merged: Fields = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    if (value === null) delete merged[key];
    else
      merged[key] =
        isFields(value) && isFields(below) ? mergeValues(below, value) : value;
  }
  return merged;
}
