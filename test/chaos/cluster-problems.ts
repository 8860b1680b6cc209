import { canonicalJson } from "@vworkspace/contract";
import type {
  ClusterContent,
  SeenApplication,
  SeenPart,
} from "./cluster-content";
import type { LedgerInstance } from "./gateway-ledger";
import { groupBy } from "./group-by";
import { placeOf } from "./place";

/** What in the cluster isn't as the gateway's instances want it, one sentence each. */
export function clusterProblems(
  { applications, parts }: ClusterContent,
  instances: readonly LedgerInstance[],
): readonly string[] {
  const live = instances.filter(({ state }) => state !== "deleted");
  const there = groupBy(applications, placeOf);
  const wanted = new Set(live.map(placeOf));
  return [
    ...applications
      .filter((one) => !wanted.has(placeOf(one)))
      .map((one) => `${placeOf(one)} is in the cluster, and nobody wants it.`),
    ...parts
      .filter(({ place }) => !wanted.has(placeOf(place)))
      .map(
        ({ kind, place, partName }) =>
          `${kind} ${partName} of ${placeOf(place)} is in the cluster, and nobody wants it.`,
      ),
    ...live.flatMap((instance) => {
      const [one, ...more] = there.get(placeOf(instance)) ?? [];
      if (one === undefined || more.length > 0)
        return [`${placeOf(instance)} is not in the cluster exactly once.`];
      return [
        ...differences(one, instance),
        ...partProblems(partsOf(parts, instance), instance),
      ];
    }),
  ];
}

function differences(
  one: SeenApplication,
  instance: LedgerInstance,
): readonly string[] {
  const condition = instance.suspended ? "Suspended" : "Ready";
  const is = {
    generation: one.intentGeneration,
    version: one.version,
    values: one.values,
    suspended: one.suspended,
    [condition]: one.holds.includes(condition),
  };
  const wanted = {
    generation: String(instance.generation),
    version: instance.version,
    values: JSON.parse(instance.values) as unknown,
    suspended: instance.suspended,
    [condition]: true,
  };
  return canonicalJson(is) === canonicalJson(wanted)
    ? []
    : [
        `${placeOf(instance)} is ${canonicalJson(is)} in the cluster, and ${canonicalJson(wanted)} to the gateway.`,
      ];
}

/** A suspended application may have been so before its release was made, and its release waits with the change. */
function partProblems(
  parts: readonly SeenPart[],
  instance: LedgerInstance,
): readonly string[] {
  if (instance.suspended) return [];
  const carries: Readonly<Record<string, unknown>> = {
    HelmRelease: JSON.parse(instance.values),
    OCIRepository: instance.version,
  };
  return Object.entries(carries).flatMap(([kind, wanted]) => {
    const is = parts
      .filter((part) => part.kind === kind)
      .map((part) => part.carries);
    return canonicalJson(is) === canonicalJson([wanted])
      ? []
      : [
          `${placeOf(instance)} has ${kind} with ${canonicalJson(is)}, not one with ${canonicalJson(wanted)}.`,
        ];
  });
}

function partsOf(
  parts: readonly SeenPart[],
  instance: LedgerInstance,
): readonly SeenPart[] {
  return parts.filter(({ place }) => placeOf(place) === placeOf(instance));
}
