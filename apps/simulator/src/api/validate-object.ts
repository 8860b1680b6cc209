import type { KubeObject } from "../kube-object";
import { invalid, type FieldError } from "../schema/field-error";
import { validate } from "../schema/validate";
import { finalizerErrors, metadataErrors } from "./metadata-rules";
import type { RulesOf, Target } from "./write-request";

const RULES_NOT_CHECKED: FieldError = {
  reason: "FieldValueInvalid",
  field: "<nil>",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

/**
 * Everything that can be wrong with an object about to be stored: its metadata, its schema, and, where these are fine, the
 * kind's own rules.
 *
 * @throws StatusError 422 with one cause per error
 */
export function validateObject(
  object: KubeObject,
  old: KubeObject | undefined,
  target: Target,
  rulesOf: RulesOf,
): void {
  const { type, version } = target;
  const errors = metadataErrors(object, type);
  if (old) errors.push(...finalizerErrors(object, old));
  if (type.isCustom) {
    errors.push(...validate(object, version.schema, ""));
    errors.push(...ruleErrors(object, old, { type, rulesOf, errors }));
  }
  if (errors.length === 0) return;
  const { name } = object.metadata;
  throw invalid({ kind: type.kind, group: type.group, name }, errors);
}

function ruleErrors(
  object: KubeObject,
  old: KubeObject | undefined,
  context: Pick<Target, "type"> & {
    readonly rulesOf: RulesOf;
    readonly errors: readonly FieldError[];
  },
): FieldError[] {
  const rules = context.rulesOf(context.type.group, context.type.kind);
  if (rules.length > 0 && context.errors.length > 0) return [RULES_NOT_CHECKED];
  return rules
    .filter((rule) => !rule.isKept(object, old))
    .map(({ error }) => error);
}
