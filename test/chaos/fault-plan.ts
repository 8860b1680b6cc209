import { seededRandom } from "@vworkspace/kernel";

/** Programs that are killed with SIGKILL and started again; `gateway-and-postgres` loses both at the same moment. */
export const PROGRAMS = [
  "agent",
  "gateway",
  "gateway-and-postgres",
  "postgres",
  "api-server",
] as const;

export type ChaosProgram = (typeof PROGRAMS)[number];

/** Connections with a proxy in between: from the agent to the gateway, and from the agent to the API server. */
export type ChaosLink = "gateway-link" | "cluster-link";

/** Which way bytes go: `up` from the agent, `down` to it. */
export type Direction = "up" | "down";

/** What a link does to bytes for a while; after that it is whole again. */
export type LinkFault =
  /** Every connection is reset, and new ones are too. */
  | { readonly kind: "cut"; readonly ms: number }
  /** Bytes of that direction vanish; at the end the connections that lost some are reset. Half open, as to both sides. */
  | {
      readonly kind: "black-hole";
      readonly direction: Direction;
      readonly ms: number;
    }
  /** Bytes of that direction wait until the end, and then arrive. */
  | {
      readonly kind: "stall";
      readonly direction: Direction;
      readonly ms: number;
    }
  | {
      readonly kind: "latency";
      readonly delayMs: number;
      readonly ms: number;
    }
  | {
      readonly kind: "slow";
      readonly bytesPerSecond: number;
      readonly ms: number;
    }
  /** Each connection is reset once it has carried so many more bytes down: in the middle of an answer. */
  | {
      readonly kind: "reset";
      readonly afterBytes: number;
      readonly ms: number;
    };

export type Fault =
  | {
      readonly on: ChaosProgram;
      /** How long it is away, besides the time that starting takes. */
      readonly downMs: number;
    }
  | { readonly on: ChaosLink; readonly link: LinkFault };

export interface FaultMoment {
  /** Once so many of the callers' orders are answered … */
  readonly afterOrders: number;
  /** … and so much time has passed since then. */
  readonly delayMs: number;
  readonly fault: Fault;
}

const LINK_FAULTS_OF_A_RUN = 4;
const MAX_DELAY_MS = 300;
const MAX_DOWN_MS = 600;

type Random = () => number;

/**
 * The faults of a seed, in order, each in its own share of the orders: every run kills the agent, the API server and the
 * gateway, in turns with its PostgreSQL, without it, or PostgreSQL first; and hurts the links.
 */
export function faultPlan(
  seed: number,
  orders: number,
): readonly FaultMoment[] {
  const random = seededRandom(seed);
  const faults = shuffled(faultsOf(seed, random), random);
  const share = orders / faults.length;
  return faults.map((fault, index) => ({
    afterOrders: Math.max(1, Math.floor((index + random()) * share)),
    delayMs: upTo(MAX_DELAY_MS, random),
    fault,
  }));
}

function faultsOf(seed: number, random: Random): Fault[] {
  const gateways = ["gateway", "gateway-and-postgres", "postgres"] as const;
  const programs: ChaosProgram[] = [
    "agent",
    "api-server",
    gateways[Math.abs(seed) % gateways.length] ?? "gateway",
  ];
  if (random() < 0.5) programs.push("agent");
  const links = Array.from(
    { length: LINK_FAULTS_OF_A_RUN },
    (_, index): Fault => ({
      on: index % 2 === 0 ? "gateway-link" : "cluster-link",
      link: linkFault(random),
    }),
  );
  const kills = programs.map((on): Fault => ({
    on,
    downMs: upTo(MAX_DOWN_MS, random),
  }));
  return [...kills, ...links];
}

function linkFault(random: Random): LinkFault {
  const ms = 100 + upTo(900, random);
  const direction: Direction = random() < 0.5 ? "up" : "down";
  const kinds: readonly LinkFault[] = [
    { kind: "cut", ms },
    { kind: "black-hole", direction, ms },
    { kind: "stall", direction, ms },
    { kind: "latency", delayMs: 20 + upTo(180, random), ms },
    { kind: "slow", bytesPerSecond: 2_000 + upTo(30_000, random), ms },
    { kind: "reset", afterBytes: upTo(4_000, random), ms },
  ];
  return kinds[Math.floor(random() * kinds.length)] ?? { kind: "cut", ms };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function upTo(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}
