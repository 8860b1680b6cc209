import {
  type FieldProblem,
  isExactSemver,
  validateApplicationInstance,
} from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { askedSpec, parametersOf, valuesPatchOf } from "./helm-request.decide";

const AT = "spec.parameters";
/** Half of what a status takes of outputs, where the control plane reads what is asked for. */
const LONGEST_PATCH = 8192;

type Check = (run: EngineRun) => readonly FieldProblem[];

/** First hit wins. */
const CHECKS: readonly Check[] = [
  nothingAsked,
  twoVersions,
  versionProblem,
  noRelease,
  valuesElsewhere,
  tooLongPatch,
  refusedSpec,
];

/** What is wrong with an upgrade beyond the schema of its parameters. */
export function helmProblems(run: EngineRun): readonly FieldProblem[] {
  for (const check of CHECKS) {
    const problems = check(run);
    if (problems.length > 0) return problems;
  }
  return [];
}

function nothingAsked({ parameters }: EngineRun): readonly FieldProblem[] {
  const changes = ["targetVersion", "valuesPatch", "rollbackTo"];
  if (changes.some((name) => Object.hasOwn(parameters, name))) return [];
  return problem(
    AT,
    `${AT} asks for nothing: add targetVersion, valuesPatch or rollbackTo`,
  );
}

function twoVersions(run: EngineRun): readonly FieldProblem[] {
  const { rollbackTo, targetVersion } = parametersOf(run);
  if (rollbackTo === undefined || targetVersion === undefined) return [];
  return problem(
    `${AT}.rollbackTo`,
    `${AT}.rollbackTo and ${AT}.targetVersion each name a version: leave one out`,
  );
}

function versionProblem(run: EngineRun): readonly FieldProblem[] {
  const { targetVersion } = parametersOf(run);
  if (targetVersion === undefined || isExactSemver(targetVersion)) return [];
  return problem(
    `${AT}.targetVersion`,
    `${AT}.targetVersion must be one version by SemVer 2.0.0 without a leading v, not "${targetVersion}"`,
  );
}

function noRelease({ target }: EngineRun): readonly FieldProblem[] {
  if (target.spec.chart !== undefined) return [];
  return problem(
    "spec.targetRef.name",
    `spec.targetRef.name is ${target.metadata.name}, which has no chart that could be upgraded: name a managed instance`,
  );
}

function valuesElsewhere(run: EngineRun): readonly FieldProblem[] {
  const { source } = run.target.spec.values ?? {};
  const hasPatch = valuesPatchOf(run) !== undefined;
  const isRead =
    source === undefined || source === "inline" || source === "merge";
  if (!hasPatch || isRead) return [];
  return problem(
    `${AT}.valuesPatch`,
    `${AT}.valuesPatch changes inline values, but ${run.target.metadata.name} takes its values from ${source}: change them there`,
  );
}

function tooLongPatch(run: EngineRun): readonly FieldProblem[] {
  const { length } = JSON.stringify(valuesPatchOf(run) ?? {});
  if (length <= LONGEST_PATCH) return [];
  return problem(
    `${AT}.valuesPatch`,
    `${AT}.valuesPatch has ${length} characters as JSON, and ${LONGEST_PATCH} are allowed: change the instance itself`,
  );
}

/** What the instance would refuse is refused here, under the name of the parameter that brings it in. */
function refusedSpec(run: EngineRun): readonly FieldProblem[] {
  const { target } = run;
  const valuesPatch = valuesPatchOf(run);
  const version = parametersOf(run).targetVersion ?? target.spec.chart?.version;
  const spec = askedSpec(target.spec, {
    targetVersion: version ?? "",
    ...(valuesPatch && { valuesPatch }),
  });
  const known = new Set(
    validateApplicationInstance(target).map(({ message }) => message),
  );
  return validateApplicationInstance({ ...target, spec })
    .filter(({ message }) => !known.has(message))
    .map(({ message }) => ({
      field: `${AT}.${valuesPatch ? "valuesPatch" : "targetVersion"}`,
      message: `${AT}: ${message}`,
    }));
}

function problem(field: string, message: string): readonly FieldProblem[] {
  return [{ field, message }];
}
