import { createHash } from "node:crypto";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import type { ApplicationInstance } from "@vworkspace/resources";
import { valueReferences } from "./value-references";
import type { Observation } from "./observation";

export interface ValuesSeen {
  readonly missing?: NonNullable<Observation["missingValues"]>;
  /** Changes whenever one of the objects does; undefined where there are none. */
  readonly version: string | undefined;
}

/** The objects that an instance's values come from: what is missing of them, and a digest of their versions. */
export async function readValues(
  api: KubeApi,
  { spec, metadata }: ApplicationInstance,
): Promise<ValuesSeen> {
  const versions: string[] = [];
  for (const { kind, name, key } of valueReferences(spec.values)) {
    const namespace = metadata.namespace ?? "";
    const object = await api.get<
      KubeObject & { data?: Readonly<Record<string, string>> }
    >({ apiVersion: "v1", kind, namespace, name });
    if (object?.data?.[key] === undefined) {
      const missing = { kind, what: `${kind} ${name}, key ${key}` };
      return { version: undefined, missing };
    }
    const { uid = "", resourceVersion = "" } = object.metadata;
    versions.push(`${uid}/${resourceVersion}`);
  }
  return { version: versions.length > 0 ? digest(versions) : undefined };
}

/** A digest of versions, not of values: annotations are no place for what a Secret holds. */
function digest(versions: readonly string[]): string {
  return createHash("sha256")
    .update(versions.join("\n"))
    .digest("hex")
    .slice(0, 32);
}
