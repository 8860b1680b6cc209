import type { Sighting } from "./cluster-witness";
import type { GatewayLedger } from "./gateway-ledger";
import { groupBy } from "./group-by";
import { placeOf } from "./place";

/**
 * What is wrong with the course that objects took, one sentence each; empty when each generation was written once, and
 * none after a newer one. A sighting may be missing; none is made up.
 * @param sightings in the order in which they were seen
 */
export function sightingProblems(
  sightings: readonly Sighting[],
  { objects, settledJobs }: Pick<GatewayLedger, "objects" | "settledJobs">,
): readonly string[] {
  const issued = new Map(objects.map((one) => [placeOf(one), one.generation]));
  const deletes = groupBy(
    settledJobs.filter(({ kind }) => kind === "delete"),
    placeOf,
  );
  return [...groupBy(sightings, placeOf)].flatMap(([place, seen]) => [
    ...(deletes.get(place) ?? []).flatMap(({ generation }) =>
      survivors(seen, generation).map(
        (uid) => `${place} ${uid} lived through the delete ${generation}.`,
      ),
    ),
    ...seen
      .filter(({ stamp }) => stamp < 1 || stamp > (issued.get(place) ?? 0))
      .map(
        ({ stamp }) =>
          `${place} carried generation ${stamp}, which was never issued.`,
      ),
    ...stepProblems(place, seen),
  ]);
}

/** Objects that were there before a delete, and carry something newer than it. */
function survivors(seen: readonly Sighting[], deleted: number): string[] {
  const before = seen.filter(({ stamp }) => stamp < deleted);
  const after = seen.filter(({ stamp }) => stamp > deleted);
  const newer = new Set(after.map(({ uid }) => uid));
  return [...new Set(before.map(({ uid }) => uid))].filter((uid) =>
    newer.has(uid),
  );
}

function stepProblems(place: string, seen: readonly Sighting[]): string[] {
  return seen.slice(1).flatMap((after, index) => {
    const before = seen[index];
    const problem = before && stepProblem(before, after);
    return problem === undefined ? [] : [`${place} ${problem}`];
  });
}

/** What can't have happened between two sightings of one place. */
function stepProblem(before: Sighting, after: Sighting): string | undefined {
  const rise = after.stamp - before.stamp;
  if (rise < 0)
    return `fell from generation ${before.stamp} to ${after.stamp}.`;
  if (before.uid !== after.uid)
    // Between them lies at least the generation of a delete.
    return rise < 2
      ? `was created again at generation ${after.stamp}, after one of ${before.stamp}.`
      : undefined;
  if (rise === 0 && before.specDigest !== after.specDigest)
    return `had two specs at generation ${after.stamp}.`;
  // Kubernetes counts writes that change the spec, of which each generation of ours may make one, and the deletion.
  const deletion = Number(after.isDeleting) - Number(before.isDeleting);
  const writes = after.generation - before.generation - deletion;
  return writes > rise
    ? `was written ${writes} times from generation ${before.stamp} to ${after.stamp}.`
    : undefined;
}
