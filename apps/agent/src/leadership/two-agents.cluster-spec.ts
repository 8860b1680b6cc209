import { type KubeObject, LEASE } from "@vworkspace/kube";
import { ADMISSION_USERS, APPLICATION_INSTANCE } from "@vworkspace/resources";
import { freePorts } from "../../../../test/cluster/free-ports";
import { AgentBench, type RunningAgent } from "../testing/agent-bench";
import { eventually } from "../../../../test/cluster/eventually";
import { instanceManifest } from "../testing/instance-manifest";
import { AGENT_LEASE } from "./lease-leadership";

const { agentNamespace } = ADMISSION_USERS;
const TAKEOVER_MS = 60_000;

describe("Two agents of one cluster", () => {
  let bench: AgentBench;
  let cluster: { clusterId: string; registrationToken: string };
  let namespace: string;
  let first: RunningAgent;
  let second: RunningAgent;

  beforeAll(async () => {
    bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
    await bench.installFlux();
    cluster = bench.gateway.newCluster();
    namespace = await bench.optedIn("replicas");
  }, 600_000);

  afterAll(() => bench?.stop());

  async function leader(): Promise<string> {
    const lease = await bench.api.get<KubeObject>({
      ...LEASE,
      namespace: agentNamespace,
      name: AGENT_LEASE,
    });
    const spec = lease?.["spec"] as { holderIdentity?: string } | undefined;
    return spec?.holderIdentity ?? "";
  }

  const apply = (name: string, spec = {}) =>
    bench.gateway.issueApply(
      cluster.clusterId,
      instanceManifest(namespace, name, spec),
    ).jobId;

  /** Results that the gateway took. */
  const results = (jobId: string) =>
    bench.gateway
      .requests()
      .filter(
        ({ path, status }) =>
          path === `/jobs/${jobId}/result` && status >= 200 && status < 300,
      ).length;

  const replica = (port: number) => ({
    VWORKSPACE_LEADER_ELECTION: "true",
    VWORKSPACE_AGENT_HTTP_ADDR: `127.0.0.1:${port}`,
  });

  /** What an agent says of itself over HTTP. */
  async function sayingOf(port: number) {
    const answer = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    const metrics = await (await answer("/metrics")).text();
    return {
      ready: (await answer("/health/ready")).status,
      leads: /^vworkspace_agent_leader (\d)$/m.exec(metrics)?.[1],
    };
  }

  it("lets the one work that started first, while the other one stands by", async () => {
    const [one = 0, other = 0] = await freePorts(2);
    first = await bench.startAgent(cluster, replica(one));
    await eventually("the first leads", async () => (await leader()) !== "");
    const leading = await leader();
    second = await bench.startAgent(cluster, replica(other));
    const job = apply("quiet");
    expect(await bench.gateway.settled(job, 30_000)).toMatchObject({
      outcome: "succeeded",
      attempt: 1,
    });
    expect(await leader()).toBe(leading);
    expect(await sayingOf(one)).toEqual({ ready: 200, leads: "1" });
    expect(await sayingOf(other)).toEqual({ ready: 200, leads: "0" });
    // Where the machine stands still, leadership may change before the credential is kept, and whoever leads then is refused.
    const granted = bench.gateway
      .requests()
      .filter(({ path, status }) => path === "/register" && status === 200);
    expect(granted).toHaveLength(1);
  }, 90_000);

  it("goes on with the other one when the leader is cut off in the middle of its jobs, each job's effect once", async () => {
    const before = await leader();
    const waiting = { serviceAccountName: "not-there-yet" };
    const jobs = ["a", "b", "c"].map((name) => apply(name, waiting));
    await eventually("the jobs are being followed", () =>
      jobs.every((job) => bench.gateway.job(job).statuses.length > 0),
    );
    first.way.cut();
    const cutAt = performance.now();
    const late = ["d", "e", "f"].map((name) => apply(name));
    await eventually(
      "the other one leads",
      async () => ![before, ""].includes(await leader()),
      TAKEOVER_MS,
    );
    const seconds = ((performance.now() - cutAt) / 1_000).toFixed(1);
    process.stdout.write(`The other agent led ${seconds} s after the cut.\n`);
    await bench.serviceAccount(namespace, "not-there-yet");
    for (const job of [...jobs, ...late])
      expect(await bench.gateway.settled(job, TAKEOVER_MS)).toMatchObject({
        outcome: expect.stringMatching(/succeeded|noop/) as string,
      });
    for (const job of [...jobs, ...late])
      await eventually("its result is noted", () => results(job) > 0);
    for (const job of [...jobs, ...late]) expect(results(job)).toBe(1);
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      const object = await bench.instance(namespace, name);
      expect(object?.metadata.generation).toBe(1);
    }
  }, 240_000);

  it("hands over at once when the leader ends in order, to the one that is back from its cut", async () => {
    const before = await leader();
    first.way.rejoin();
    await second.stop();
    await eventually(
      "the first leads again",
      async () => ![before, ""].includes(await leader()),
    );
    const job = apply("back");
    expect(await bench.gateway.settled(job, 60_000)).toMatchObject({
      outcome: "succeeded",
      attempt: 1,
    });
    await first.stop();
    expect(await leader()).toBe("");
    const kept = await bench.api.list(APPLICATION_INSTANCE, { namespace });
    expect(kept).toHaveLength(8);
  });
});
