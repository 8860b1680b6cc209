import { canonicalJson } from "@vworkspace/contract";
import type {
  ApplicationInstanceStatus,
  ResourceCondition,
} from "@vworkspace/resources";
import { mergeConditions } from "../conditions.status";
import type { Decision } from "./decision";
import { instanceConditions } from "./instance-conditions.status";
import type { Observation } from "./observation";
import { releaseFacts } from "./release-facts.status";

/** As many as the schema of the status takes. */
const MOST_ENDPOINTS = 64;
const MOST_OBJECTS = 500;

/**
 * The status of an instance, and the only place where it is made.
 * @param intentGeneration the control plane's generation stamped on it
 * @param now RFC 3339
 * @returns undefined where nothing would change, or nothing is known yet: then nothing is written
 */
export function instanceStatus(
  seen: Observation,
  decision: Decision,
  context: {
    readonly intentGeneration: number | undefined;
    readonly now: string;
  },
): ApplicationInstanceStatus | undefined {
  // Before it nothing is known; the look that follows at once has something to say.
  if (decision.action?.do === "add-finalizer") return undefined;
  const { instance } = seen;
  const old = instance.status ?? {};
  const conditions = mergeConditions(
    old.conditions ?? [],
    instanceConditions(seen, decision),
    { now: context.now, observedGeneration: instance.metadata.generation ?? 0 },
  );
  const { lastReconcileTime, ...kept } = old;
  const next: ApplicationInstanceStatus = {
    ...kept,
    ...(instance.metadata.generation !== undefined && {
      observedGeneration: instance.metadata.generation,
    }),
    ...(context.intentGeneration !== undefined && {
      intentGeneration: context.intentGeneration,
    }),
    conditions: conditions as readonly ResourceCondition[],
    ...releaseFacts(seen),
    ...whatIsThere(seen, old),
  };
  if (lastReconcileTime !== undefined && isSame(next, kept)) return undefined;
  return { ...next, lastReconcileTime: context.now };
}

/** Endpoints and objects, where somebody looked; an empty list is said only where there was one before. */
function whatIsThere(
  { endpoints, inventory }: Observation,
  old: ApplicationInstanceStatus,
): Pick<ApplicationInstanceStatus, "endpoints" | "inventory"> {
  const isNews = (now?: readonly unknown[], before?: readonly unknown[]) =>
    now !== undefined && (now.length > 0 || before !== undefined);
  return {
    ...(isNews(endpoints, old.endpoints) &&
      endpoints && { endpoints: endpoints.slice(0, MOST_ENDPOINTS) }),
    ...(isNews(inventory, old.inventory) &&
      inventory && { inventory: inventory.slice(0, MOST_OBJECTS) }),
  };
}

function isSame(
  one: ApplicationInstanceStatus,
  other: ApplicationInstanceStatus,
): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
