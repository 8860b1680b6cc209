import {
  APPLICATION_INSTANCE,
  CLUSTER,
  OPERATION,
  type ResourceKind,
} from "../names";
import { RESOURCE_DEFINITIONS } from "../resource-definition";
import type { MatchedResources } from "./admission-policy";

type Matched = Omit<MatchedResources, "operations">;

function resourcesOf(kind: ResourceKind, subresource = ""): Matched {
  const { apiVersion, plural } = definitionOf(kind);
  return {
    apiGroups: [groupOf(apiVersion)],
    apiVersions: ["*"],
    resources: [`${plural}${subresource}`],
  };
}

const groupOf = (apiVersion: string): string => apiVersion.split("/")[0] ?? "";

function definitionOf(kind: ResourceKind) {
  const found = Object.values(RESOURCE_DEFINITIONS).find(
    (definition) => definition.kind === kind,
  );
  if (found === undefined) throw new Error(`There is no kind ${kind}.`);
  return found;
}

export const INSTANCES = resourcesOf(APPLICATION_INSTANCE.kind);
export const OPERATIONS = resourcesOf(OPERATION.kind);

const ALL_DEFINITIONS = Object.values(RESOURCE_DEFINITIONS);

/** The status subresources of our kinds. */
export const STATUSES: readonly Matched[] = [
  APPLICATION_INSTANCE.kind,
  OPERATION.kind,
  CLUSTER.kind,
].map((kind) => resourcesOf(kind, "/status"));

export const OUR_GROUPS: readonly string[] = [
  ...new Set(ALL_DEFINITIONS.map(({ apiVersion }) => groupOf(apiVersion))),
];

export const OUR_CRD_NAMES: readonly string[] = ALL_DEFINITIONS.map(
  ({ apiVersion, plural }) => `${plural}.${groupOf(apiVersion)}`,
);
