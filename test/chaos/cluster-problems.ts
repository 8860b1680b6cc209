import type { SeenApplication } from "./chaos-cluster";
import type { LedgerInstance } from "./gateway-ledger";
import { groupBy } from "./group-by";

/** What in the cluster isn't as the gateway's instances want it, one sentence each. */
export function clusterProblems(
  seen: readonly SeenApplication[],
  instances: readonly LedgerInstance[],
): readonly string[] {
  const place = (one: { namespace: string; name: string }) =>
    `${one.namespace}/${one.name}`;
  const there = groupBy(seen, place);
  const wanted = new Set(instances.map(place));
  return [
    ...seen
      .filter((one) => !wanted.has(place(one)))
      .map((one) => `${place(one)} is in the cluster, and nobody wants it.`),
    ...instances.flatMap((instance) => {
      const generation = String(instance.generation);
      const [one, ...more] = there.get(place(instance)) ?? [];
      if (one === undefined || more.length > 0)
        return [`${place(instance)} is not in the cluster exactly once.`];
      return one.isReady && one.intentGeneration === generation
        ? []
        : [
            `${place(instance)} has generation "${one.intentGeneration}" in the cluster, ${generation} in the gateway, and is ${one.isReady ? "" : "not "}Ready.`,
          ];
    }),
  ];
}
