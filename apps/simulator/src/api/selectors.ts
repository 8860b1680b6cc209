import { stringAt } from "../json";
import type { KubeObject } from "../kube-object";
import type { ResourceType } from "../resources/resource-type";
import { badRequest, notImplemented } from "./status-error";

export type Selector = (object: KubeObject) => boolean;

type FieldsOf = Pick<ResourceType, "isCustom" | "selectableFields">;

const SET_REQUIREMENT = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY_REQUIREMENT = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const EXISTENCE_REQUIREMENT = /^(!?)\s*([^\s!=,()]+)$/;

/** @throws StatusError 400 when the text is no label selector */
export function parseLabelSelector(text: string): Selector {
  const requirements = splitOutsideParentheses(text).map(parseRequirement);
  return ({ metadata }) =>
    requirements.every((isMet) => isMet(metadata.labels ?? {}));
}

type Labels = Readonly<Record<string, string>>;

function parseRequirement(text: string): (labels: Labels) => boolean {
  const inSet = SET_REQUIREMENT.exec(text);
  if (inSet) {
    const [, key = "", operator, list = ""] = inSet;
    const values = list.split(",").map((value) => value.trim());
    return operator === "in"
      ? (labels) => key in labels && values.includes(labels[key] ?? "")
      : (labels) => !(key in labels && values.includes(labels[key] ?? ""));
  }
  const equality = EQUALITY_REQUIREMENT.exec(text);
  if (equality) {
    const [, key = "", operator, value = ""] = equality;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const existence = EXISTENCE_REQUIREMENT.exec(text);
  if (!existence)
    throw badRequest(`unable to parse requirement: "${text}" is none`);
  const [, not, key = ""] = existence;
  return (labels) => key in labels === (not === "");
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/**
 * @throws StatusError 400 when a custom resource cannot be selected by that field, 501 when a real server might know the
 *   field and the simulator does not
 */
export function parseFieldSelector(text: string, type: FieldsOf): Selector {
  const requirements = splitOutsideParentheses(text).map((part) => {
    const equality = EQUALITY_REQUIREMENT.exec(part);
    if (!equality) throw badRequest(`invalid selector: "${part}"`);
    const [, field = "", operator, value = ""] = equality;
    const read = fieldReader(field, type);
    return (object: KubeObject) =>
      (read(object) === value) === (operator !== "!=");
  });
  return (object) => requirements.every((isMet) => isMet(object));
}

function fieldReader(
  field: string,
  { isCustom, selectableFields = [] }: FieldsOf,
): (object: KubeObject) => string {
  if (field === "metadata.name") return ({ metadata }) => metadata.name;
  if (field === "metadata.namespace")
    return ({ metadata }) => metadata.namespace ?? "";
  if (selectableFields.includes(field)) {
    const path = field.split(".");
    return (object) => stringAt(object, ...path);
  }
  if (isCustom) throw badRequest(`field label not supported: ${field}`);
  throw notImplemented(`select built-in kinds by the field ${field}`);
}
