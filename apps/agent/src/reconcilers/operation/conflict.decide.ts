import type { Operation, OperationType } from "@vworkspace/resources";
import { ageKey } from "./live-operations.decide";
import { hasStarted } from "./started.decide";

/** Run beside anything, unless one of the two wants to be alone. */
const BESIDE_ANYTHING: ReadonlySet<OperationType> = new Set([
  "RunCommand",
  "Runbook",
]);

/** Never at the same time on one target. What moves an application changes it as a restore and an upgrade do. */
const APART: Readonly<Record<OperationType, readonly OperationType[]>> = {
  Backup: ["Restore", "Migration"],
  Restore: ["Backup", "Restore", "Upgrade", "Migration"],
  Upgrade: ["Restore", "Upgrade", "Migration"],
  Migration: ["Backup", "Restore", "Upgrade", "Migration"],
  RunCommand: [],
  Runbook: [],
};

/** The operation that one has to wait for: of those under way on its target, the first that can't be beside it. */
export function conflictingWith(
  operation: Operation,
  others: readonly Operation[],
): Operation | undefined {
  return others.find(
    (other) => hasStarted(other) && !mayRunBeside(operation, other),
  );
}

function mayRunBeside({ spec: one }: Operation, { spec: other }: Operation) {
  if (one.policy?.exclusive === true || other.policy?.exclusive === true)
    return false;
  if (BESIDE_ANYTHING.has(one.type) || BESIDE_ANYTHING.has(other.type))
    return true;
  return !APART[one.type].includes(other.type);
}

/**
 * The newer upgrade that makes this one pointless: both wait, and the newer says what the release is to become. One that has
 * begun is not taken over.
 */
export function supersededBy(
  operation: Operation,
  others: readonly Operation[],
): Operation | undefined {
  if (operation.spec.type !== "Upgrade") return undefined;
  return others.find(
    (other) =>
      other.spec.type === "Upgrade" &&
      other.spec.engine === operation.spec.engine &&
      other.spec.cancel !== true &&
      !hasStarted(other) &&
      isNewer(other, operation),
  );
}

/** By the time of creation, and where that is the same by the uid. */
function isNewer(one: Operation, other: Operation): boolean {
  return ageKey(one) > ageKey(other);
}
