import { isDeepStrictEqual } from "node:util";
import type { FieldProblem } from "./field-problem";
import { fieldOf, isFields, valueAt, type Fields } from "./json-access";

/**
 * What a schema alone cannot say, written down twice in one place: as CEL for the API server and as a function for programs
 * that have no CEL. A cluster spec holds both to the same answers.
 */
export type Rule = StateRule | TransitionRule;

interface RuleText {
  /** Path of the object that is `self`, for example `["spec", "values"]`. */
  readonly at: readonly string[];
  /** Name of the field of `self` that the refusal is about. */
  readonly field: string;
  readonly cel: string;
  /** One sentence that names the field by its whole path, and the remedy. */
  readonly message: string;
  readonly reason:
    "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired";
}

/** Judges an object by itself. `holds` answers for any shape; fields of a wrong type are the schema's to refuse. */
export interface StateRule extends RuleText {
  readonly on: "state";
  readonly holds: (self: Fields) => boolean;
}

/** Judges an update; not asked at creation. */
export interface TransitionRule extends RuleText {
  readonly on: "transition";
  readonly holds: (self: Fields, oldSelf: Fields) => boolean;
}

/**
 * A field of spec that never changes. The rule stands on spec, since one on the field itself is not asked when the field is
 * removed, nor when it is added again.
 */
export function immutable(field: string, remedy: string): TransitionRule {
  return {
    on: "transition",
    at: ["spec"],
    field,
    cel: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
    message: `spec.${field} is immutable: ${remedy}`,
    reason: "FieldValueForbidden",
    holds: (self, oldSelf) =>
      isDeepStrictEqual(fieldOf(self, field), fieldOf(oldSelf, field)),
  };
}

/** Dotted path of the field that a rule is about. */
export function ruleField(rule: Rule): string {
  return [...rule.at, rule.field].join(".");
}

/** The refusals of `rules`; with `old`, of an update from it. Answers for any input. */
export function brokenRules(
  rules: readonly Rule[],
  object: unknown,
  old?: unknown,
): FieldProblem[] {
  return rules
    .filter((rule) => !isKept(rule, object, old))
    .map((rule) => ({ field: ruleField(rule), message: rule.message }));
}

function isKept(rule: Rule, object: unknown, old: unknown): boolean {
  const self = valueAt(object, rule.at);
  if (!isFields(self)) return true;
  if (rule.on === "state") return rule.holds(self);
  const oldSelf = valueAt(old, rule.at);
  return !isFields(oldSelf) || rule.holds(self, oldSelf);
}
