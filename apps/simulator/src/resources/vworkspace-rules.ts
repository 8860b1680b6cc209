import {
  brokenRules,
  RESOURCE_DEFINITIONS,
  ruleField,
  type Rule as ResourceRule,
} from "@vworkspace/resources";
import type { Rule } from "../api/write-request";

const PREFIX = {
  FieldValueInvalid: "Invalid value",
  FieldValueForbidden: "Forbidden",
  FieldValueRequired: "Required value",
} as const;

/** The rules that our three CRDs hold as CEL, in the form of functions: the simulator evaluates no CEL. */
export function vworkspaceRules(group: string, kind: string): readonly Rule[] {
  const definition = Object.values(RESOURCE_DEFINITIONS).find(
    (one) => one.kind === kind && one.apiVersion.startsWith(`${group}/`),
  );
  return (definition?.rules ?? []).map(toRule);
}

function toRule(rule: ResourceRule): Rule {
  return {
    error: {
      reason: rule.reason,
      field: ruleField(rule),
      message: `${PREFIX[rule.reason]}: ${rule.message}`,
    },
    isKept: (object, old) => brokenRules([rule], object, old).length === 0,
  };
}
