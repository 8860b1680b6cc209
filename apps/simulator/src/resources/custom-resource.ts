import { notImplemented } from "../api/status-error";
import {
  defined,
  fieldsAt,
  isFields,
  listAt,
  stringAt,
  valueAt,
  type Fields,
} from "../json";
import type { KubeObject } from "../kube-object";
import {
  invalid,
  invalidValue,
  requiredValue,
  type FieldError,
} from "../schema/field-error";
import type { Schema } from "../schema/schema";
import { unsupportedKeyword } from "../schema/unsupported";
import { METADATA } from "./merge-schemas";
import type { ResourceType, ResourceVersion } from "./resource-type";

/** What a CustomResourceDefinition that has been accepted makes the API serve. */
export function customResource(definition: KubeObject): ResourceType {
  const spec = fieldsAt(definition, "spec");
  const names = fieldsAt(spec, "names");
  const versions = listAt(spec, "versions")
    .filter((version) => valueAt(version, "served") === true)
    .map(readVersion);
  return {
    group: stringAt(spec, "group"),
    kind: stringAt(names, "kind"),
    listKind: stringAt(names, "listKind"),
    plural: stringAt(names, "plural"),
    singular: stringAt(names, "singular"),
    shortNames: listAt(names, "shortNames").map(String),
    categories: listAt(names, "categories").map(String),
    isNamespaced: spec["scope"] === "Namespaced",
    isCustom: true,
    hasGeneration: true,
    isCreatedByUpdate: false,
    isUpdatedByVersion: true,
    isTerminating: definition.metadata.deletionTimestamp !== undefined,
    versions: versions as unknown as ResourceType["versions"],
  };
}

function readVersion(version: unknown): ResourceVersion {
  const own = fieldsAt(version, "schema", "openAPIV3Schema") as Schema;
  return {
    name: stringAt(version, "name"),
    hasStatus: isFields(valueAt(version, "subresources", "status")),
    schema: {
      ...own,
      properties: {
        ...own.properties,
        apiVersion: { type: "string" },
        kind: { type: "string" },
        // A definition may restrict name and generateName; how lists in metadata merge is the same for every kind.
        metadata: {
          properties: {
            ...own.properties?.["metadata"]?.properties,
            ...METADATA.properties,
          },
        },
      },
    },
  };
}

/**
 * A definition as it is stored.
 *
 * @throws StatusError 422 when it is wrong, 501 for what it may ask of a real cluster and the simulator cannot do
 */
export function acceptDefinition(
  definition: KubeObject,
  hasRules: (group: string, kind: string) => boolean,
): KubeObject {
  const errors = definitionErrors(definition);
  const { name } = definition.metadata;
  const about = { kind: definition.kind, group: "apiextensions.k8s.io", name };
  if (errors.length > 0) throw invalid(about, errors);
  refuseUnsupported(definition, hasRules);
  return completeDefinition(definition);
}

/** The definition with the names filled in that the API derives, and its conversion. */
function completeDefinition(definition: KubeObject): KubeObject {
  const spec = fieldsAt(definition, "spec");
  const names = fieldsAt(spec, "names");
  const kind = stringAt(names, "kind");
  return {
    ...definition,
    spec: {
      ...spec,
      names: {
        ...names,
        singular: names["singular"] ?? kind.toLowerCase(),
        listKind: names["listKind"] ?? `${kind}List`,
      },
      conversion: spec["conversion"] ?? { strategy: "None" },
    },
  };
}

/** What the API refuses in a definition (the part of it that a mistake in a manifest would hit). */
function definitionErrors(definition: KubeObject): FieldError[] {
  const spec = fieldsAt(definition, "spec");
  const errors = ["group", "scope"]
    .filter((field) => stringAt(spec, field) === "")
    .map((field) => requiredValue(`spec.${field}`));
  for (const field of ["plural", "kind"])
    if (stringAt(spec, "names", field) === "")
      errors.push(requiredValue(`spec.names.${field}`));
  const name = `${stringAt(spec, "names", "plural")}.${stringAt(spec, "group")}`;
  if (definition.metadata.name !== name)
    errors.push(
      invalidValue(
        "metadata.name",
        definition.metadata.name,
        'must be spec.names.plural+"."+spec.group',
      ),
    );
  return [...errors, ...versionErrors(listAt(spec, "versions"))];
}

function versionErrors(versions: readonly unknown[]): FieldError[] {
  const errors = versions.flatMap((version, index) =>
    isFields(valueAt(version, "schema", "openAPIV3Schema"))
      ? []
      : [
          requiredValue(
            `spec.versions[${index}].schema.openAPIV3Schema`,
            "schemas are required",
          ),
        ],
  );
  const stored = versions.filter(
    (version) => valueAt(version, "storage") === true,
  );
  if (stored.length !== 1)
    errors.push(
      invalidValue(
        "spec.versions",
        versions,
        "must have exactly one version marked as storage version",
      ),
    );
  return errors;
}

function refuseUnsupported(
  definition: KubeObject,
  hasRules: (group: string, kind: string) => boolean,
): void {
  const spec = fieldsAt(definition, "spec");
  const strategy = stringAt(spec, "conversion", "strategy");
  if (strategy === "Webhook")
    throw notImplemented("convert between versions by webhook");
  const isRuled = hasRules(
    stringAt(spec, "group"),
    stringAt(spec, "names", "kind"),
  );
  for (const version of listAt(spec, "versions")) {
    const schema = fieldsAt(version, "schema", "openAPIV3Schema") as Schema;
    if (valueAt(version, "subresources", "scale") !== undefined)
      throw notImplemented("serve the scale subresource");
    const found = unsupportedKeyword(schema, isRuled);
    if (found)
      throw notImplemented(
        `evaluate ${found} in the schema of ${definition.metadata.name}`,
      );
  }
}

/** The status the API gives a definition once it serves it. */
export function acceptedStatus(definition: KubeObject, now: string): Fields {
  const spec = fieldsAt(definition, "spec");
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    lastTransitionTime: now,
    reason,
    message,
  });
  const stored = listAt(spec, "versions").find(
    (version) => valueAt(version, "storage") === true,
  );
  return defined({
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition(
        "Established",
        "InitialNamesAccepted",
        "the initial names have been accepted",
      ),
    ],
    acceptedNames: fieldsAt(spec, "names"),
    storedVersions: [stringAt(stored, "name")],
  });
}
