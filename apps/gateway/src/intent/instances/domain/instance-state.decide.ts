import type { InstanceState, Observation } from "./instance";

interface World {
  readonly current: InstanceState;
  /** The generation that the intent was last issued under. */
  readonly generation: number;
  readonly observation: Observation | undefined;
}

type Check = readonly [when: (world: World) => boolean, state: InstanceState];

const has = (world: World, type: string, status: string) =>
  world.observation?.conditions.some(
    (condition) => condition.type === type && condition.status === status,
  ) ?? false;

/** In this order; the first that holds says the state. Conditions count only for the newest generation. */
const CHECKS: readonly Check[] = [
  [({ current }) => current === "deleted", "deleted"],
  [({ current }) => current === "deleting", "deleting"],
  [
    ({ observation, generation }) =>
      !observation?.present || observation.intentGeneration < generation,
    "deploying",
  ],
  [(world) => has(world, "Blocked", "True"), "blocked"],
  [(world) => has(world, "Suspended", "True"), "suspended"],
  [(world) => has(world, "Degraded", "True"), "degraded"],
  [(world) => has(world, "Ready", "True"), "ready"],
];

/** The one word for a person, from the intent and from what was seen; a function of these alone. */
export function decideInstanceState(world: World): InstanceState {
  return CHECKS.find(([holds]) => holds(world))?.[1] ?? "deploying";
}
