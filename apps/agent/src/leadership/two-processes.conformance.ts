import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubeObject, LEASE } from "@vworkspace/kube";
import { ADMISSION_USERS } from "@vworkspace/resources";
import { ClusterWitness } from "../../../../test/chaos/cluster-witness";
import { freePorts } from "../../../../test/cluster/free-ports";
import { AgentBench } from "../testing/agent-bench";
import { AgentProcess } from "../testing/agent-process";
import { eventually } from "../../../../test/cluster/eventually";
import { instanceManifest } from "../testing/instance-manifest";
import { HELM_RELEASE } from "../watches/watched-kinds";
import { AGENT_LEASE } from "./lease-leadership";

const { agentNamespace } = ADMISSION_USERS;
const TAKEOVER_MS = 60_000;
const NAMES = Array.from({ length: 10 }, (_, index) => `web-${index}`);

describe("Two agents of one cluster, each a process of its own", () => {
  let bench: AgentBench;
  let witness: ClusterWitness;
  let directory: string;
  let namespace: string;
  let cluster: { clusterId: string; registrationToken: string };
  let jobs: readonly string[];
  const agents: AgentProcess[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "two-agents-"));
    bench = await AgentBench.open();
    await bench.installFlux();
    witness = new ClusterWitness(bench.cluster.kubeconfigPath);
    cluster = bench.gateway.newCluster();
    namespace = await bench.optedIn("processes");
  });

  afterAll(async () => {
    for (const agent of agents) await agent.kill();
    await witness?.stop();
    await bench?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function start(name: string, port: number): AgentProcess {
    const agent = new AgentProcess({
      CONTROL_PLANE_ENDPOINT: bench.gateway.url,
      VWORKSPACE_REGISTRATION_TOKEN: cluster.registrationToken,
      VWORKSPACE_AGENT_NAMESPACE: agentNamespace,
      VWORKSPACE_LEADER_ELECTION: "true",
      VWORKSPACE_AGENT_HTTP_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_STATE_DIR: join(directory, name),
      VWORKSPACE_POLL_WAIT_SECONDS: "5",
      KUBECONFIG: bench.cluster.agentKubeconfigPath ?? "",
    });
    agents.push(agent);
    return agent;
  }

  async function leader(): Promise<string> {
    const lease = await bench.api.get<KubeObject>({
      ...LEASE,
      namespace: agentNamespace,
      name: AGENT_LEASE,
    });
    const spec = lease?.["spec"] as { holderIdentity?: string } | undefined;
    return spec?.holderIdentity ?? "";
  }

  const stateOf = async (port: number) =>
    (await fetch(`http://127.0.0.1:${port}/health/ready`)).status;

  /** Results that the gateway took. */
  const results = (jobId: string) =>
    bench.gateway
      .requests()
      .filter(
        ({ path, status }) =>
          path === `/jobs/${jobId}/result` && status >= 200 && status < 300,
      ).length;

  /** How many of the instances there are, or were. */
  const applied = () =>
    new Set(
      witness.sightings
        .filter((it) => it.namespace === namespace)
        .map(({ name }) => name),
    ).size;

  it("takes over when the leader is killed while it applies ten jobs, and does each of them once", async () => {
    const [one = 0, other = 0] = await freePorts(2);
    const first = start("first", one);
    await eventually("the first works", () => first.hasLogged("connected"));
    const second = start("second", other);
    await eventually("the second stands by", () =>
      second.hasLogged("standing-by"),
    );
    await eventually(
      "the second is ready",
      async () => (await stateOf(other)) === 200,
    );
    jobs = NAMES.map(
      (name) =>
        bench.gateway.issueApply(
          cluster.clusterId,
          instanceManifest(namespace, name),
        ).jobId,
    );
    await eventually("it has applied some of them", () => applied() >= 1);
    const before = await leader();
    await first.kill();
    const killedAt = performance.now();
    const open = jobs.filter((id) => results(id) === 0).length;
    const there = applied();
    await eventually(
      "the other one leads",
      async () => ![before, ""].includes(await leader()),
      TAKEOVER_MS,
    );
    const seconds = ((performance.now() - killedAt) / 1_000).toFixed(1);
    process.stdout.write(
      `The other agent led ${seconds} s after the kill; ${there} of ${jobs.length} were applied by then, ${open} open.\n`,
    );
    for (const job of jobs)
      expect(await bench.gateway.settled(job, TAKEOVER_MS)).toMatchObject({
        outcome: expect.stringMatching(/succeeded|noop/) as string,
      });
    expect(open).toBeGreaterThan(0);
    expect(second.hasLogged("connected")).toBe(true);
  }, 240_000);

  it("has had one result of each job, one registration, and has written each generation once", async () => {
    for (const job of jobs)
      await eventually("its result is noted", () => results(job) > 0);
    expect(jobs.map(results)).toEqual(jobs.map(() => 1));
    const registrations = bench.gateway
      .requests()
      .filter(({ path }) => path === "/register");
    expect(registrations).toHaveLength(1);
    for (const name of NAMES) {
      const seen = witness.sightings.filter(
        (it) => it.namespace === namespace && it.name === name,
      );
      expect(new Set(seen.map(({ uid }) => uid)).size).toBe(1);
      expect(new Set(seen.map(({ generation }) => generation))).toEqual(
        new Set([1]),
      );
      const release = await bench.api.get({ ...HELM_RELEASE, namespace, name });
      expect(release?.metadata.generation).toBe(1);
    }
  });

  it("ends in order, gives the Lease back and exits with 0, however often Ctrl-C comes", async () => {
    const [, second] = agents;
    for (let times = 0; times < 3; times += 1) second?.send("SIGINT");
    expect(await second?.exited).toBe(0);
    expect(await leader()).toBe("");
  });
});
