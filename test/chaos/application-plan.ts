import { seededRandom } from "@vworkspace/kernel";

/** What a caller wants an application to be. */
export interface Wish {
  readonly version: string;
  /** Its values; `round` differs in every order of the application, so that each is a change of its own. */
  readonly values: { readonly replicaCount: number; readonly round: number };
  readonly suspended: boolean;
}

export interface Order {
  readonly do: "create" | "write" | "suspend" | "resume" | "delete";
  /** What the application is to be afterwards; of a delete, what it was. */
  readonly wish: Wish;
  /** How long the caller waits before it gives the order. */
  readonly pauseMs: number;
}

/** One place in the cluster, and what a caller wants to be there, one order after the other. */
export interface ApplicationPlan {
  readonly namespace: string;
  readonly name: string;
  readonly orders: readonly Order[];
}

const NAMESPACES = 5;
const MAX_FURTHER_ORDERS = 4;
const PAUSE_MS = { least: 0, most: 400 };
/** One caller in so many waits until an order is carried out, so that not all of its changes are overtaken by the next. */
const PATIENT = 8;
const PATIENT_PAUSE_MS = { least: 700, most: 1_400 };
const VERSIONS = ["1.2.0", "1.2.1", "1.3.0", "2.0.0"];

type Random = () => number;
type Doing = Order["do"];
type Pause = typeof PAUSE_MS;

/** The callers' orders of a seed: applications come, change, pause, go, and come again under the same name. */
export function applicationPlans(
  seed: number,
  applications: number,
): readonly ApplicationPlan[] {
  // Not the faults' numbers: the seed gives both.
  const random = seededRandom(seed ^ 0x5f356495);
  return Array.from({ length: applications }, (_, index) => ({
    namespace: `chaos-${index % NAMESPACES}`,
    name: `app-${index}`,
    orders: ordersOf(
      random,
      index % PATIENT === 0 ? PATIENT_PAUSE_MS : PAUSE_MS,
    ),
  }));
}

/** What is wanted once all orders are carried out; undefined: nothing. */
export function wishAfter(orders: readonly Order[]): Wish | undefined {
  const last = orders.at(-1);
  return last === undefined || last.do === "delete" ? undefined : last.wish;
}

function ordersOf(random: Random, pause: Pause): readonly Order[] {
  const count = 1 + Math.floor(random() * (MAX_FURTHER_ORDERS + 1));
  const orders: Order[] = [];
  while (orders.length < count) orders.push(nextOrder(orders, random, pause));
  return orders;
}

function nextOrder(
  before: readonly Order[],
  random: Random,
  { least, most }: Pause,
): Order {
  const last = before.at(-1);
  const doing = choose(last, random);
  const pauseMs = Math.floor(least + random() * (most - least));
  const version = VERSIONS[Math.floor(random() * VERSIONS.length)] ?? "1.2.0";
  const values = {
    replicaCount: 1 + (before.length % 3),
    round: before.length,
  };
  if (doing === "create")
    return { do: doing, pauseMs, wish: { version, values, suspended: false } };
  const current = last?.wish ?? { version, values, suspended: false };
  const changed: Record<Exclude<Doing, "create">, Wish> = {
    write: { ...current, version, values },
    suspend: { ...current, suspended: true },
    resume: { ...current, suspended: false },
    delete: current,
  };
  return { do: doing, pauseMs, wish: changed[doing] };
}

/** What may follow the last order; changes more often than deletions. */
function choose(last: Order | undefined, random: Random): Doing {
  if (last === undefined || last.do === "delete") return "create";
  const possible: readonly Doing[] = last.wish.suspended
    ? ["write", "resume", "resume", "delete"]
    : ["write", "write", "write", "suspend", "delete"];
  return possible[Math.floor(random() * possible.length)] ?? "write";
}
