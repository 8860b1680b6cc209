import { apiVersionOf } from "../kube-object";
import type { ResourceType } from "../resources/resource-type";

const VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** /api */
export function coreVersions(address: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [
      { clientCIDR: "0.0.0.0/0", serverAddress: address },
    ],
  };
}

/** /apis */
export function groupList(types: readonly ResourceType[]): object {
  const groups = new Set(types.map(({ group }) => group));
  groups.delete("");
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: [...groups].map((group) => groupEntry(types, group)),
  };
}

/** /apis/GROUP; undefined when there is no such group */
export function groupDocument(
  types: readonly ResourceType[],
  group: string,
): object | undefined {
  if (!types.some((type) => type.group === group)) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(types, group) };
}

function groupEntry(types: readonly ResourceType[], group: string) {
  const versions = new Set(
    types
      .filter((type) => type.group === group)
      .flatMap((type) => type.versions.map(({ name }) => name)),
  );
  const entries = [...versions]
    .sort((a, b) => priority(b) - priority(a))
    .map((version) => ({
      groupVersion: apiVersionOf(group, version),
      version,
    }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** v2 before v1 before v1beta2 before v1alpha1, as the API prefers versions. */
function priority(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return -1;
  const [, major = "0", stage, minor = "0"] = match;
  const stageRank = { alpha: 0, beta: 1 }[stage ?? ""] ?? 2;
  return stageRank * 1e6 + Number(major) * 1e3 + Number(minor);
}

/** /apis/GROUP/VERSION; undefined when nothing is served there */
export function resourceList(
  types: readonly ResourceType[],
  group: string,
  version: string,
): object | undefined {
  const served = types.filter(
    (type) =>
      type.group === group &&
      type.versions.some(({ name }) => name === version),
  );
  if (served.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf(group, version),
    resources: served.flatMap((type) => resourceEntries(type, version)),
  };
}

function resourceEntries(type: ResourceType, version: string): object[] {
  const { shortNames, categories } = type;
  const main = {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.isNamespaced,
    kind: type.kind,
    verbs: VERBS,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const hasStatus = type.versions.some(
    ({ name, hasStatus }) => name === version && hasStatus,
  );
  if (!hasStatus) return [main];
  const status = {
    name: `${type.plural}/status`,
    singularName: "",
    namespaced: type.isNamespaced,
    kind: type.kind,
    verbs: ["get", "patch", "update"],
  };
  return [main, status];
}
