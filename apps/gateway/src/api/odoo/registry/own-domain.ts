import type { ModelCall } from "./model-method";

/** What the records fulfil that the caller may reach, as a domain; empty where it may reach all. */
export function ownDomain({
  reach,
  entry,
  actor,
}: Pick<ModelCall, "reach" | "entry" | "actor">): [string, string, number][] {
  if (reach === "all") return [];
  if (entry.ownedBy === undefined)
    throw new Error(`Nobody owns records of ${entry.model.name}.`);
  return [[entry.ownedBy, "=", actor.number]];
}
