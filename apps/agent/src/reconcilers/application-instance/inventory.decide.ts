import type { InventoryEntry } from "@vworkspace/resources";
import type { HelmRelease } from "./flux";

/** As many as the status takes. */
const MOST = 500;

/**
 * What the release installed, as helm-controller lists it; undefined where this version of it lists nothing. Helm's own
 * record would hold it too, together with every manifest, Secrets included: that is not opened for a list of names.
 */
export function inventoryOf(
  release: HelmRelease,
): readonly InventoryEntry[] | undefined {
  const entries = release.status?.inventory?.entries;
  if (entries === undefined) return undefined;
  return entries.slice(0, MOST).flatMap(({ id, v }) => entryOf(id, v) ?? []);
}

/**
 * `<namespace>_<name>_<group>_<kind>`; none of the parts but the name holds an underscore, and a colon in a name is written
 * as two of them.
 */
function entryOf(id: string, version: string): InventoryEntry | undefined {
  const parts = id.split("_");
  const kind = parts.pop();
  const group = parts.pop();
  const [namespace, ...name] = parts;
  if (!kind || group === undefined || name.length === 0) return undefined;
  return {
    apiVersion: group === "" ? version : `${group}/${version}`,
    kind,
    ...(namespace && { namespace }),
    name: name.join("_").replaceAll("__", ":"),
  };
}
