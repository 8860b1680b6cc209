import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { parseArgs } from "node:util";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { AgentSession, jsonOf } from "../conformance/agent-session";
import { DpopSession } from "../conformance/dpop-session";
import {
  type GatewayTarget,
  startGatewayTarget,
} from "../conformance/gateway-target";
import { percentile } from "./figures";
import { inParallel } from "./in-parallel";

const HELP = `Polls one gateway with a DPoP proof in each request and without any, in turn, and prints what proofs cost.

  npm run bench -- proofs [options]

  --rounds N     rounds of each kind                               [10]
  --requests N   requests of a round                               [2000]
  --width N      requests at a time, each of a cluster of its own  [16]
  --help

A request is a poll that doesn't wait and finds nothing. With a proof the gateway also verifies a signature (ES256), and inserts
a row into the unlogged tables of used proofs. Proofs are made before their round begins. The gateway is a process of its own
with an embedded PostgreSQL in a temporary directory. The figures are of this machine and its load; compare the ratio, which is
of rounds that follow one another.`;

const TIMES = { leaseSeconds: 600, jobSeconds: 86_400, graceSeconds: 86_400 };

interface Plan {
  readonly rounds: number;
  readonly requests: number;
  readonly width: number;
}

/** A cluster, and the headers of its next poll. */
interface Poller {
  readonly clusterId: string;
  nextHeaders(): Promise<OutgoingHttpHeaders>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "10" },
      requests: { type: "string", default: "2000" },
      width: { type: "string", default: "16" },
      help: { type: "boolean", default: false },
    },
  });
  const plan = {
    rounds: Number(values.rounds),
    requests: Number(values.requests),
    width: Number(values.width),
  };
  if (values.help || !Object.values(plan).every((number) => number > 0)) {
    console.log(HELP);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const target = await startGatewayTarget(TIMES);
  try {
    await measure(target, plan);
  } finally {
    await target.stop();
  }
}

async function measure(target: GatewayTarget, plan: Plan): Promise<void> {
  const { rounds, width } = plan;
  const places = Array.from({ length: width }, (_, index) => index);
  const plain = await inParallel(places, width, () => plainPoller(target));
  const proving = await inParallel(places, width, () => provingPoller(target));
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const rate = (pollers: readonly Poller[]) =>
    requestsPerSecond(target.url, { pollers, plan, agent });
  // Not counted: code and pools are cold.
  await rate(plain);
  await rate(proving);
  const without: number[] = [];
  const having: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    without.push(await rate(plain));
    having.push(await rate(proving));
  }
  agent.destroy();
  const ratios = having.map((one, round) => one / (without[round] ?? NaN));
  print("requests per second without a proof", without, 0);
  print("requests per second with a proof", having, 0);
  print("with / without", ratios, 2);
}

async function plainPoller(target: GatewayTarget): Promise<Poller> {
  const { clusterId, token } = await AgentSession.register(target);
  const headers = headersOf(`Bearer ${token}`);
  return { clusterId, nextHeaders: () => Promise.resolve(headers) };
}

async function provingPoller(target: GatewayTarget): Promise<Poller> {
  const { clusterId, registrationToken } = await target.newCluster();
  const session = await DpopSession.open(target);
  const reply = await session.register(registrationToken);
  const { token: accessToken } = jsonOf(reply) as { token: string };
  const headers = headersOf(`DPoP ${accessToken}`);
  return {
    clusterId,
    nextHeaders: async () => ({
      ...headers,
      dpop: await session.proof("GET", "/jobs", { accessToken }),
    }),
  };
}

function headersOf(authorization: string): OutgoingHttpHeaders {
  return { accept: AGENT_MEDIA_TYPE, authorization };
}

/** Of one round. @throws Error for an answer that is no success: it would be a cheaper one */
async function requestsPerSecond(
  url: string,
  round: {
    readonly pollers: readonly Poller[];
    readonly plan: Plan;
    readonly agent: Agent;
  },
): Promise<number> {
  const { pollers, plan, agent } = round;
  const ready: { path: string; headers: OutgoingHttpHeaders }[] = [];
  for (let index = 0; index < plan.requests; index += 1) {
    const poller = pollers[index % pollers.length];
    if (poller === undefined) continue;
    const path = `/api/agent/jobs?cluster=${poller.clusterId}&wait=0`;
    ready.push({ path, headers: await poller.nextHeaders() });
  }
  const begun = performance.now();
  const statuses = await inParallel(ready, plan.width, ({ path, headers }) =>
    statusOf(url + path, { agent, headers }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  const wrong = statuses.find((status) => status !== 200);
  if (wrong !== undefined) throw new Error(`A poll was answered ${wrong}.`);
  return ready.length / seconds;
}

function statusOf(
  url: string,
  options: { readonly agent: Agent; readonly headers: OutgoingHttpHeaders },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      response.on("error", reject);
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    sent.on("error", reject);
    sent.end();
  });
}

function print(what: string, samples: readonly number[], digits: number): void {
  const [low, middle, high] = [0, 0.5, 1].map((share) =>
    percentile(samples, share).toFixed(digits),
  );
  console.log(`${what.padEnd(40)}p50 ${middle}, from ${low} to ${high}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
