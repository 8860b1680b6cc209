import { canonicalJson } from "@vworkspace/contract";
import type { Instance } from "./instance";

/** What an instance was to be until a change: the part of it that a rollback brings back. */
export type FormerIntent = Pick<
  Instance,
  | "generation"
  | "catalog_entry_id"
  | "chart_version"
  | "values_json"
  | "values_secret_ref"
  | "integrations"
>;

/** What instances were to be before their changes; the newest few of each. Of one organization. */
export abstract class IntentHistoryStore {
  abstract keep(instanceId: string, former: FormerIntent): Promise<void>;
  /** Newest first. */
  abstract of(instanceId: string): Promise<readonly FormerIntent[]>;
}

/** Whether both ask for the same application; being suspended is no part of that. */
export function isSameApplication(
  left: FormerIntent,
  right: FormerIntent,
): boolean {
  const facts = (intent: FormerIntent) => [
    intent.catalog_entry_id,
    intent.chart_version,
    intent.values_json,
    intent.values_secret_ref,
    intent.integrations,
  ];
  return canonicalJson(facts(left)) === canonicalJson(facts(right));
}

/**
 * What to go back to: what held at `generation`, or what held before the last change. A generation that was issued again counts as
 * the one that it repeats.
 * @param history newest first
 */
export function formerIntent(
  current: FormerIntent,
  history: readonly FormerIntent[],
  generation?: number,
): FormerIntent | undefined {
  if (generation === undefined)
    return history.find((former) => !isSameApplication(former, current));
  // An intent held from the change that made it to the generation under which it was replaced.
  const held = history.filter((former) => former.generation >= generation);
  return held.at(-1);
}
