import {
  type FieldProblem,
  isDnsLabel,
  type VeleroParameters,
} from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { OUR_RESOURCES } from "./velero-manifests";

const AT = "spec.parameters";
const HOURS = { d: 24, h: 1, m: 1 / 60, s: 1 / 3600 } as const;
/** Velero can't read a duration of more than 292 years, and then reads no backup at all any more. */
const MOST_HOURS = 100 * 365 * 24;

type Field = keyof VeleroParameters;

const OF_A_BACKUP: readonly Field[] = [
  "storageLocation",
  "snapshotVolumes",
  "snapshotMoveData",
  "csiSnapshotClassName",
  "ttl",
];
const OF_A_RESTORE: readonly Field[] = [
  "backupName",
  "namespaceMapping",
  "restorePVs",
  "existingResourcePolicy",
];

/** What is wrong with valid parameters for this operation: Velero may do everything, so that it is kept to one namespace here. */
export function veleroProblems(run: EngineRun): readonly FieldProblem[] {
  const parameters = run.parameters as VeleroParameters;
  return [
    ...misplaced(run, parameters),
    ...otherNamespaces(run, parameters),
    ...otherTargets(run, parameters),
    ...ourResources(parameters),
    ...ttlProblems(parameters),
  ];
}

function misplaced(
  { operation: { spec } }: EngineRun,
  parameters: VeleroParameters,
): FieldProblem[] {
  const fields = spec.type === "Backup" ? OF_A_RESTORE : OF_A_BACKUP;
  return fields
    .filter((field) => parameters[field] !== undefined)
    .map((field) => ({
      field: `${AT}.${field}`,
      message: `${AT}.${field} means nothing for ${spec.type}: take it out`,
    }));
}

function otherNamespaces(
  { namespace }: EngineRun,
  { includedNamespaces = [] }: VeleroParameters,
): FieldProblem[] {
  const field = `${AT}.includedNamespaces`;
  return includedNamespaces
    .filter((name) => name !== namespace)
    .map((value) => ({
      field,
      value,
      message: `${field} may name the operation's own namespace ${namespace} only, not "${value}": take it out`,
    }));
}

function otherTargets(
  { namespace }: EngineRun,
  { namespaceMapping = {} }: VeleroParameters,
): FieldProblem[] {
  const mapping = namespaceMapping as Readonly<Record<string, string>>;
  return Object.entries(mapping).flatMap(([from, value]) => {
    const field = `${AT}.namespaceMapping.${from.slice(0, 64)}`;
    // To Velero "*" and patterns mean every such namespace, and each that isn't mapped is restored in its own place.
    if (!isDnsLabel(from))
      return {
        field,
        message: `${field} must be the plain name of a namespace: name each one`,
      };
    if (value === namespace) return [];
    const message = `${field} must be the operation's own namespace ${namespace}, not "${value}": an operation restores nowhere else`;
    return { field, value, message };
  });
}

function ourResources({
  includedResources = [],
}: VeleroParameters): FieldProblem[] {
  const field = `${AT}.includedResources`;
  return includedResources
    .filter((name) => OUR_RESOURCES.includes(name))
    .map((value) => ({
      field,
      value,
      message: `${field} names ${value}, which is never backed up nor restored: take it out`,
    }));
}

function ttlProblems({ ttl }: VeleroParameters): FieldProblem[] {
  if (ttl === undefined) return [];
  const hours = hoursOf(ttl);
  if (hours > 0 && hours <= MOST_HOURS) return [];
  const field = `${AT}.ttl`;
  const message = `${field} must be more than 0 and at most 36500d, not "${ttl}": choose a time between`;
  return [{ field, value: ttl, message }];
}

function hoursOf(ttl: string): number {
  return [...ttl.matchAll(/([0-9.]+)([dhms])/g)].reduce(
    (sum, [, amount, unit]) =>
      sum + Number(amount) * HOURS[unit as keyof typeof HOURS],
    0,
  );
}
