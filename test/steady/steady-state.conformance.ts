import { setTimeout as sleep } from "node:timers/promises";
import type { RequestCount } from "../../apps/simulator/src/faults/request-log";
import { AGENT_USER } from "../cluster/kube-apiserver";
import {
  type FakeGateway,
  startFakeGateway,
} from "../fake-gateway/start-fake-gateway";
import { AgentChild } from "./agent-child";
import { SteadyCluster } from "./steady-cluster";

/** Ten minutes pass in forty seconds: the agent's clock and the cluster's run so much faster. */
const SPEED = 15;
const MINUTE_MS = 60_000 / SPEED;
const INSTANCES = 500;
const NAMESPACES = 25;
const READY_WITHIN_MS = 240_000;
const ATTEMPTS = 4;
const READS = new Set(["get", "watch"]);
/** Its leadership, its Cluster's lastHeartbeat, and nothing else. */
const QUIET_WRITES = [
  "patch leases.coordination.k8s.io",
  "patch clusters.ops.vworkspace.io/status",
];

let cluster: SteadyCluster | undefined;
let gateway: FakeGateway | undefined;
let agent: AgentChild | undefined;

afterAll(async () => {
  await agent?.stop();
  await gateway?.stop();
  await cluster?.stop();
});

describe("An agent in a cluster where nothing happens", () => {
  it(`with ${INSTANCES} instances lists nothing for ten minutes, and writes only that it lives`, async () => {
    cluster = await SteadyCluster.start(SPEED);
    gateway = await startFakeGateway();
    await cluster.fill(INSTANCES, NAMESPACES);
    agent = new AgentChild(SPEED, {
      CONTROL_PLANE_ENDPOINT: gateway.url,
      VWORKSPACE_REGISTRATION_TOKEN: gateway.newCluster().registrationToken,
      // Its requests to the gateway take real time.
      VWORKSPACE_POLL_WAIT_SECONDS: "2",
      VWORKSPACE_LOG_LEVEL: "warn",
      VWORKSPACE_LEADER_ELECTION: "true",
      KUBECONFIG: cluster.agentKubeconfig,
    });
    await allReady(cluster, agent);
    await sleep(2 * MINUTE_MS);

    const asked = await undisturbedMinutes(cluster);
    process.stdout.write(`${await describeMinutes(asked, agent)}\n`);

    expect(asked.filter(({ verb }) => verb === "list")).toEqual([]);
    const writes = asked.filter(({ verb }) => !READS.has(verb)).map(nameOf);
    expect(QUIET_WRITES).toEqual(expect.arrayContaining(writes));
    expect(writes).toContain(QUIET_WRITES[0]);
    expect(await cluster.readyCount()).toBe(INSTANCES);
  }, 600_000);
});

/**
 * What the agent asks in ten minutes. A machine that stands still for half a second holds it up for eight: it gives up its
 * leadership then, as it must, and begins anew; that is measured again.
 */
async function undisturbedMinutes(
  of: SteadyCluster,
): Promise<readonly RequestCount[]> {
  for (let attempt = 1; ; attempt += 1) {
    of.simulator.clearRequests();
    await sleep(10 * MINUTE_MS);
    const asked = of.simulator
      .requests()
      .filter(({ user }) => user === AGENT_USER);
    const hasBegunAnew = asked.some(
      (request) => nameOf(request) === "get leases.coordination.k8s.io",
    );
    if (!hasBegunAnew || attempt === ATTEMPTS) return asked;
  }
}

async function allReady(of: SteadyCluster, child: AgentChild): Promise<void> {
  const endsAt = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const ready = await of.readyCount();
    if (ready === INSTANCES) return;
    if (Date.now() > endsAt)
      throw new Error(
        `${ready} of ${INSTANCES} are ready.\n${child.lastWords}`,
      );
    await sleep(1_000);
  }
}

async function describeMinutes(
  asked: readonly RequestCount[],
  child: AgentChild,
): Promise<string> {
  const rows = asked.map(
    (request) => `  ${String(request.count).padStart(6)}  ${nameOf(request)}`,
  );
  const { residentMiB, collectedMiB, heapMiB, processorSeconds } =
    await child.usage();
  return [
    `Ten minutes (at ${SPEED} times the speed) with ${INSTANCES} instances at rest: what the agent asked of the API server`,
    ...rows,
    `  its memory: ${residentMiB} MiB resident, ${collectedMiB} MiB after a garbage collection, of which ${heapMiB} MiB hold objects`,
    `  its processor: ${processorSeconds.toFixed(1)} s since its start`,
  ].join("\n");
}

function nameOf({ verb, resource }: RequestCount): string {
  return `${verb} ${resource}`;
}
