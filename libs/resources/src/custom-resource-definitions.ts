import {
  RESOURCE_DEFINITIONS,
  type ResourceDefinition,
} from "./resource-definition";
import type { Rule } from "./rule";
import type { StructuralSchema } from "./structural-schema";

/** One CRD: the name of its file below deploy/crds and the manifest as JSON. */
export interface CrdFile {
  readonly file: string;
  readonly manifest: object;
}

/** The CRDs of all our kinds, made from the same schemas and rules as the checks in code. */
export function customResourceDefinitions(): readonly CrdFile[] {
  return Object.values(RESOURCE_DEFINITIONS).map((definition) => ({
    file: `${groupOf(definition)}_${definition.plural}.yaml`,
    manifest: manifestOf(definition),
  }));
}

function groupOf(definition: ResourceDefinition): string {
  return definition.apiVersion.split("/")[0] ?? "";
}

function versionOf(definition: ResourceDefinition): string {
  return definition.apiVersion.split("/")[1] ?? "";
}

function manifestOf(definition: ResourceDefinition): object {
  const { kind, plural, shortNames } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${groupOf(definition)}`,
      labels: {
        "app.kubernetes.io/name": "vworkspace",
        "app.kubernetes.io/part-of": "vworkspace",
        "app.kubernetes.io/component": "crds",
      },
    },
    spec: {
      group: groupOf(definition),
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["vworkspace"],
      },
      scope: definition.isNamespaced ? "Namespaced" : "Cluster",
      versions: [versionManifest(definition)],
    },
  };
}

function versionManifest(definition: ResourceDefinition): object {
  return {
    name: versionOf(definition),
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: definition.columns,
    schema: { openAPIV3Schema: rootSchema(definition) },
  };
}

function rootSchema(definition: ResourceDefinition): object {
  return {
    type: "object",
    description: definition.description,
    ...(definition.isSpecRequired ? { required: ["spec"] } : {}),
    properties: {
      apiVersion: {
        type: "string",
        description: `Group and version: ${definition.apiVersion}.`,
      },
      kind: { type: "string", description: `Kind: ${definition.kind}.` },
      metadata: { type: "object", properties: { name: definition.name } },
      spec: withRules(definition.spec, definition.rules, ["spec"]),
      status: definition.status,
    },
  };
}

/** The schema with the rules of each of its objects as CEL. */
function withRules(
  schema: StructuralSchema,
  rules: readonly Rule[],
  path: readonly string[],
): object {
  const here = rules.filter(({ at }) => at.join(".") === path.join("."));
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, withRules(property, rules, [...path, name])],
  );
  return {
    ...schema,
    ...(schema.properties === undefined
      ? {}
      : { properties: Object.fromEntries(properties) as object }),
    ...(here.length === 0
      ? {}
      : { "x-kubernetes-validations": here.map(celRule) }),
  };
}

function celRule({ field, cel, message, reason }: Rule): object {
  return { rule: cel, message, reason, fieldPath: `.${field}` };
}
