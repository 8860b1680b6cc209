/** Kinds of work that stand in lines of their own, so that people and programs don't wait behind agents, nor agents behind them. */
export type GateName = "agents" | "people";

/** Where requests wait for their turn, and for how long they keep it. */
export interface Turns {
  readonly gate: GateName;
  /** Of one line at work at once, in one replica. */
  readonly inFlight: number;
  /** More of a proven credential wait; beyond these they are refused. */
  readonly waiting: number;
  /** A waiting poll gives its turn back once it is known who asks. */
  readonly until: "answered" | "signed in";
}

export interface Limit {
  /** As they are registered; `*` at the end stands for the rest. */
  readonly routes: readonly string[];
  readonly meaning: string;
  /** What is counted; a credential counts from its first success on, in memory of the replica. */
  readonly per: "credential" | "address";
  /** So many at once, and as many again in each window. */
  readonly requests: number;
  readonly windowSeconds: number;
  readonly bodyBytes: number;
  readonly turns?: Turns;
}

const MIB = 1024 * 1024;
const SMALL = 64 * 1024;

/**
 * What each route takes, in one replica; requests beyond it get 429 with Retry-After. The first rule that names a route holds
 * for it. docs/reference/limits.md is generated from this.
 */
export const LIMIT_TABLE = {
  register: {
    routes: ["POST /api/agent/register"],
    meaning: "an agent exchanges its registration token",
    per: "address",
    requests: 600,
    windowSeconds: 60,
    bodyBytes: MIB,
    turns: { gate: "agents", inFlight: 4, waiting: 2000, until: "answered" },
  },
  rotate: {
    routes: ["POST /api/agent/credentials/rotate"],
    meaning: "an agent takes its next credential",
    per: "credential",
    requests: 20,
    windowSeconds: 60,
    bodyBytes: MIB,
    turns: { gate: "agents", inFlight: 1, waiting: 3, until: "answered" },
  },
  poll: {
    routes: ["GET /api/agent/jobs"],
    meaning: "an agent asks for jobs and waits",
    per: "credential",
    requests: 300,
    windowSeconds: 30,
    bodyBytes: MIB,
    turns: { gate: "agents", inFlight: 2, waiting: 8, until: "signed in" },
  },
  events: {
    routes: ["POST /api/agent/events"],
    meaning: "a batch of events",
    per: "credential",
    requests: 150,
    windowSeconds: 30,
    bodyBytes: MIB,
    turns: { gate: "agents", inFlight: 1, waiting: 15, until: "answered" },
  },
  report: {
    routes: ["POST /api/agent/jobs/*"],
    meaning: "ack, status and result of jobs",
    per: "credential",
    requests: 1500,
    windowSeconds: 30,
    bodyBytes: MIB,
    turns: { gate: "agents", inFlight: 4, waiting: 60, until: "answered" },
  },
  keys: {
    routes: ["GET /api/agent/*"],
    meaning: "an agent's other questions, such as for payload keys",
    per: "credential",
    requests: 60,
    windowSeconds: 60,
    bodyBytes: MIB,
    turns: { gate: "agents", inFlight: 1, waiting: 7, until: "answered" },
  },
  rpc: {
    routes: [
      "POST /xmlrpc/*",
      "POST /jsonrpc",
      "POST /json/2/*",
      "GET /doc-bearer/*",
      "POST /mcp",
      "GET /mcp",
      "DELETE /mcp",
    ],
    meaning: "calls of the Odoo-shaped API and of assistants, per API key",
    per: "credential",
    requests: 3000,
    windowSeconds: 30,
    bodyBytes: MIB,
    turns: { gate: "people", inFlight: 4, waiting: 60, until: "answered" },
  },
  login: {
    routes: ["GET /login*", "GET /me", "POST /logout"],
    meaning: "people at the gateway's pages",
    per: "address",
    requests: 120,
    windowSeconds: 60,
    bodyBytes: SMALL,
  },
  approvals: {
    routes: ["GET /approvals/*", "POST /approvals/*"],
    meaning: "people at the approval page of an operation",
    per: "address",
    requests: 120,
    windowSeconds: 60,
    bodyBytes: SMALL,
  },
  probes: {
    routes: ["GET /health/*", "GET /metrics"],
    meaning: "probes and metrics",
    per: "address",
    requests: 6000,
    windowSeconds: 60,
    bodyBytes: SMALL,
  },
  other: {
    routes: ["*"],
    meaning: "whatever is asked without signing in, and what does not exist",
    per: "address",
    requests: 600,
    windowSeconds: 60,
    bodyBytes: SMALL,
  },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof LIMIT_TABLE;
export type LimitTable = Readonly<Record<LimitName, Limit>>;

/** Attempts with a credential that is nobody's, of one address, counted over all replicas. */
export interface FailureLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

export const FAILURE_LIMIT: FailureLimit = { requests: 30, windowSeconds: 60 };

export interface Limits {
  readonly routes: LimitTable;
  readonly failures: FailureLimit;
}

/** The rule of a route. @param path as registered, undefined where nothing is */
export function limitOf(method: string, path: string | undefined): LimitName {
  const said = `${method} ${path ?? ""}`;
  const entries = Object.entries(LIMIT_TABLE) as [LimitName, Limit][];
  const found = entries.find(([, { routes }]) =>
    routes.some((route) => covers(route, said)),
  );
  return found?.[0] ?? "other";
}

function covers(route: string, said: string): boolean {
  return route.endsWith("*")
    ? said.startsWith(route.slice(0, -1))
    : said === route;
}
