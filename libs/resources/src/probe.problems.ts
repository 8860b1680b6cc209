import type { FieldProblem } from "./field-problem";
import { fieldOf, has, isFields, valueAt } from "./json-access";

const ONLY_HTTP = ["path", "expectStatus"] as const;
/** More of them are refused by the schema, and not looked into here. */
const MOST_PROBES = 16;

/** What no rule of the CRD says about probes. Answers for any input. */
export function probeProblems(object: unknown): FieldProblem[] {
  const probes = valueAt(object, ["spec", "probes"]);
  if (!Array.isArray(probes)) return [];
  const looked = probes.slice(0, MOST_PROBES) as readonly unknown[];
  return looked.flatMap((probe, index) => [
    ...httpFieldProblems(probe, index),
    ...nameProblems(looked, index),
  ]);
}

function httpFieldProblems(probe: unknown, index: number): FieldProblem[] {
  if (!isFields(probe) || fieldOf(probe, "type") !== "tcp") return [];
  return ONLY_HTTP.filter((name) => has(probe, name)).map((name) => {
    const field = `spec.probes[${index}].${name}`;
    return {
      field,
      message: `${field} is for http probes only: remove it, or set spec.probes[${index}].type to http`,
    };
  });
}

/** The API server keeps names apart by the list's type; the gateway has to look. */
function nameProblems(
  probes: readonly unknown[],
  index: number,
): FieldProblem[] {
  const name = fieldOf(probes[index], "name");
  const isTaken =
    typeof name === "string" &&
    probes.slice(0, index).some((other) => fieldOf(other, "name") === name);
  if (!isTaken) return [];
  const field = `spec.probes[${index}].name`;
  const value = name.slice(0, 64);
  return [
    {
      field,
      value,
      message: `${field} ${JSON.stringify(value)} is there twice: give each probe its own name`,
    },
  ];
}
