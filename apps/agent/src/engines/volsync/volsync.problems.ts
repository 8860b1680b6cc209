import type { FieldProblem, VolsyncParameters } from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { type Direction, directionOf } from "./volsync-objects";

const AT = "spec.parameters";
type Repository = VolsyncParameters["repository"];

/** What is wrong with valid parameters for this operation. */
export function volsyncProblems(run: EngineRun): readonly FieldProblem[] {
  const parameters = run.parameters as VolsyncParameters;
  const direction = directionOf(run);
  return [
    ...wrongDirection(run, parameters, direction),
    ...writtenProblems(parameters, direction),
    ...repositoryProblems(parameters.repository, direction),
    ...(parameters.retain !== undefined &&
    (parameters.repository.type !== "restic" || direction === "destination")
      ? [meansNothing("retain", "is of a restic source only")]
      : []),
  ];
}

function wrongDirection(
  { operation: { spec } }: EngineRun,
  { direction: given }: VolsyncParameters,
  direction: Direction,
): FieldProblem[] {
  if (given === undefined || given === direction) return [];
  const field = `${AT}.direction`;
  const message = `${field} must be ${direction} for ${spec.type}, not "${given}": take it out`;
  return [{ field, value: given, message }];
}

function writtenProblems(
  { copyMethod }: VolsyncParameters,
  direction: Direction,
): FieldProblem[] {
  const isFine =
    direction === "source" ||
    copyMethod === undefined ||
    copyMethod === "Direct";
  if (isFine) return [];
  const field = `${AT}.copyMethod`;
  const message = `${field} must be Direct where the volume is written, not "${copyMethod}": take it out`;
  return [{ field, value: copyMethod, message }];
}

/** Which field of the repository which mover needs, and takes. */
const FIELDS: readonly {
  readonly name: "configSection" | "path" | "address";
  readonly type: Repository["type"];
  readonly direction?: Direction;
}[] = [
  { name: "configSection", type: "rclone" },
  { name: "path", type: "rclone" },
  { name: "address", type: "rsyncTLS", direction: "source" },
];

function repositoryProblems(
  repository: Repository,
  direction: Direction,
): FieldProblem[] {
  return FIELDS.flatMap(({ name, type, direction: only = direction }) => {
    const isWanted = repository.type === type && direction === only;
    const isGiven = repository[name] !== undefined;
    if (isWanted === isGiven) return [];
    const field = `repository.${name}`;
    return isWanted
      ? {
          field: `${AT}.${field}`,
          message: `${AT}.${field} is required for a ${direction} of ${type}: add it`,
        }
      : meansNothing(field, `is not of a ${direction} of ${repository.type}`);
  });
}

function meansNothing(name: string, why: string): FieldProblem {
  const field = `${AT}.${name}`;
  return { field, message: `${field} ${why}: take it out` };
}
