import { limitedProblems, type FieldProblem } from "./field-problem";
import { inspectInlineValues, type InlineFinding } from "./inline-secrets";
import { valueAt } from "./json-access";
import { maintenanceWindowProblems } from "./maintenance-window.problems";
import type { ResourceKind } from "./names";
import { probeProblems } from "./probe.problems";
import { RESOURCE_DEFINITIONS } from "./resource-definition";
import { wholeObjectSchema } from "./resource-identity.schema";
import { brokenRules, type Rule } from "./rule";
import { withDefaults } from "./schema-defaults";
import type { StructuralSchema } from "./structural-schema";
import { structuralCheck, type StructuralCheck } from "./structural-validation";

/** Fields that hold secrets; no message repeats their values. */
const SECRET_FIELDS = ["spec.registrationToken", "spec.approvals.claim"];

interface ObjectCheck {
  readonly schema: StructuralSchema;
  readonly structure: StructuralCheck;
  readonly rules: readonly Rule[];
}

function checkOf(kind: ResourceKind): ObjectCheck {
  const definition = RESOURCE_DEFINITIONS[kind];
  const schema = wholeObjectSchema(definition);
  const structure = structuralCheck(schema, SECRET_FIELDS);
  return { schema, structure, rules: definition.rules };
}

const CHECKS: Readonly<Record<ResourceKind, ObjectCheck>> = {
  ApplicationInstance: checkOf("ApplicationInstance"),
  Operation: checkOf("Operation"),
  Cluster: checkOf("Cluster"),
};

/**
 * Everything that is wrong with an ApplicationInstance: the CRD's schema and rules, and what a CRD can't say. An object
 * without problems may be treated as one. Answers for any input; the status and unknown fields are not judged, since the
 * API server takes them from nobody.
 * @param old the object as it stands in the cluster or store, for rules about changes
 */
export function validateApplicationInstance(
  object: unknown,
  old?: unknown,
): readonly FieldProblem[] {
  const inline = ["spec", "values", "inline"];
  return limitedProblems([
    ...commonProblems("ApplicationInstance", object, old),
    ...namespaceProblems(object),
    ...maintenanceWindowProblems(object),
    ...probeProblems(object),
    ...inlineProblems(valueAt(object, inline), inline.join(".")),
  ]);
}

/** As {@link validateApplicationInstance}, of an Operation. The parameters are judged by the engine, except for secrets. */
export function validateOperation(
  object: unknown,
  old?: unknown,
): readonly FieldProblem[] {
  const patch = ["spec", "parameters", "valuesPatch"];
  return limitedProblems([
    ...commonProblems("Operation", object, old),
    ...maintenanceWindowProblems(object),
    ...inlineProblems(valueAt(object, patch), patch.join(".")),
  ]);
}

/** As {@link validateApplicationInstance}, of a Cluster. */
export function validateCluster(
  object: unknown,
  old?: unknown,
): readonly FieldProblem[] {
  return limitedProblems(commonProblems("Cluster", object, old));
}

/** Rules are asked of objects with their defaults, as on the API server: what it filled in is no change. */
function commonProblems(
  kind: ResourceKind,
  object: unknown,
  old: unknown,
): FieldProblem[] {
  const { schema, structure, rules } = CHECKS[kind];
  return [
    ...structure(object),
    ...brokenRules(
      rules,
      withDefaults(schema, object),
      withDefaults(schema, old),
    ),
  ];
}

/** No rule of a CRD can see metadata.namespace. */
function namespaceProblems(object: unknown): FieldProblem[] {
  const field = "spec.release.namespace";
  const wanted = valueAt(object, ["metadata", "namespace"]);
  const value = valueAt(object, field.split("."));
  if (typeof wanted !== "string" || typeof value !== "string") return [];
  if (value === wanted) return [];
  return [
    {
      field,
      value: value.slice(0, 64),
      message: `${field} must be the same as metadata.namespace (${wanted.slice(0, 64)}): a release lives where its instance does`,
    },
  ];
}

const INLINE_REMEDIES: Readonly<Record<InlineFinding["problem"], string>> = {
  secretLooking:
    "looks like a secret: keep it in a Secret and name that in spec.values.secretRef or by the chart's existingSecret",
  tooDeep: "is nested too deeply to be looked into: make it flatter",
  tooMany: "holds too many values to be looked into: make it smaller",
};

/** A ValidatingAdmissionPolicy sees these too, but it may be absent. */
function inlineProblems(values: unknown, at: string): FieldProblem[] {
  return inspectInlineValues(values).map(({ path, problem }) => {
    const field = path === "" ? at : `${at}.${path}`;
    return { field, message: `${field} ${INLINE_REMEDIES[problem]}` };
  });
}
