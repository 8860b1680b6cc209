import { seededRandom } from "./seeded-random";

/** When the gateway is killed, and how. */
export interface KillMoment {
  /** Once so many creates are acknowledged … */
  readonly afterCreates: number;
  /** … and so much time has passed since then, or since the gateway was back if that was later. */
  readonly delayMs: number;
  /** Whether its PostgreSQL is killed with it. */
  readonly withPostgres: boolean;
}

/** Long enough for an agent to find the gateway again and to work for a while, short enough to cut most of that off. */
const MAX_DELAY_MS = 3_000;

/**
 * The moments of a seed, in order, spread over the stream: each falls into its own share of the creates. PostgreSQL dies
 * at every second one; the seed's parity says at which.
 */
export function killPlan(
  seed: number,
  kills: number,
  creates: number,
): readonly KillMoment[] {
  const random = seededRandom(seed);
  const share = creates / kills;
  return Array.from({ length: kills }, (_, index) => ({
    afterCreates: Math.max(1, Math.floor((index + random()) * share)),
    delayMs: Math.floor(random() * MAX_DELAY_MS),
    withPostgres: (seed + index) % 2 === 0,
  }));
}
