import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { type KubeObject, refOf } from "@vworkspace/kube";
import { APPLICATION_INSTANCE, CLUSTER } from "@vworkspace/resources";
import { AgentBench, type RunningAgent } from "./testing/agent-bench";
import { eventually } from "../../../test/cluster/eventually";
import { conditionOf, instanceManifest } from "./testing/instance-manifest";
import * as written from "./testing/written-by-0-1-0";
import { HELM_RELEASE, OCI_REPOSITORY } from "./watches/watched-kinds";

const AGENT = { fieldManager: "vworkspace-agent" };
const OPERATOR = { fieldManager: "vworkspace-operator" };

describe("An agent that takes over what version 0.1.0 wrote", () => {
  let bench: AgentBench;
  let places: written.Places;
  let registrationToken: string;
  let stateDir: string;
  let agent: RunningAgent;
  let before: readonly KubeObject[];
  let jobId: string;

  beforeAll(async () => {
    bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"], {
      // Its Cluster object must be no other agent's.
      isOwn: true,
    });
    await bench.installFlux();
    const cluster = bench.gateway.newCluster();
    registrationToken = cluster.registrationToken;
    places = {
      namespace: await bench.optedIn("upgraded"),
      clusterId: cluster.clusterId,
      endpoint: bench.gateway.url,
    };
    jobId = bench.gateway.issueApply(
      places.clusterId,
      instanceManifest(places.namespace, "web"),
    ).jobId;
    stateDir = mkdtempSync(join(tmpdir(), "upgraded-"));
    mkdirSync(join(stateDir, "events"));
    const { name, text } = written.SPOOL_SEGMENT;
    writeFileSync(join(stateDir, "events", name), text);
    await write();
    before = await derived();
    agent = await bench.startAgent(cluster, { VWORKSPACE_STATE_DIR: stateDir });
  }, 600_000);

  afterAll(async () => {
    await agent?.stop();
    await bench?.stop();
    if (stateDir) rmSync(stateDir, { recursive: true, force: true });
  });

  /** Everything as the older agent left it, under the names that it wrote with. */
  async function write(): Promise<void> {
    const { agentApi } = bench;
    await bench.holdsCredential(
      places.clusterId,
      written.credentialSecret(places, {
        token: await register(),
        registrationTokenDigest: createHash("sha256")
          .update(registrationToken)
          .digest("hex")
          .slice(0, 16),
      }),
    );
    const instance = await agentApi.apply(
      written.applicationInstance(places),
      AGENT,
    );
    const metadata = { finalizers: written.FINALIZERS };
    await agentApi.patch(refOf(instance), { metadata }, OPERATOR);
    for (const object of [
      written.ociRepository(places),
      written.helmRelease(places),
    ])
      await agentApi.apply(object, { ...OPERATOR, force: true });
    await eventually("Flux has installed it", async () => {
      const release = await bench.api.get(ref(HELM_RELEASE));
      return conditionOf(release, "Ready")?.status === "True";
    });
    const status = written.instanceStatus(places);
    await agentApi.patchStatus(
      { ...written.applicationInstance(places), status },
      OPERATOR,
    );
    const cluster = written.cluster(places);
    await agentApi.apply(cluster, { ...OPERATOR, force: true });
    await agentApi.patchStatus(
      { ...cluster, status: written.CLUSTER_STATUS },
      OPERATOR,
    );
  }

  /** As the older agent had registered. @returns its credential */
  async function register(): Promise<string> {
    const answer = await fetch(`${places.endpoint}/api/agent/register`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${registrationToken}`,
        "content-type": AGENT_MEDIA_TYPE,
      },
      body: "{}",
    });
    return ((await answer.json()) as { token: string }).token;
  }

  function ref(kind: { apiVersion: string; kind: string }) {
    return { ...kind, namespace: places.namespace, name: "web" };
  }

  async function derived(): Promise<KubeObject[]> {
    const objects = [APPLICATION_INSTANCE, OCI_REPOSITORY, HELM_RELEASE].map(
      (kind) => bench.api.get(ref(kind)),
    );
    return (await Promise.all(objects)).filter((it) => it !== undefined);
  }

  it("goes on with the credential in the Secret, and registers no second time", async () => {
    await eventually("it is connected", async () => {
      const object = await bench.api.get({ ...CLUSTER, name: "this-cluster" });
      const status = object?.["status"] as { agentVersion?: string };
      return (
        conditionOf(object, "Authenticated")?.status === "True" &&
        conditionOf(object, "ControllersHealthy") !== undefined &&
        status.agentVersion
      );
    });
    const registrations = bench.gateway
      .requests()
      .filter(({ path }) => path === "/register");
    expect(registrations).toHaveLength(1);
  });

  it("finds the generation applied and the release installed, and changes nothing of them", async () => {
    expect(await bench.gateway.settled(jobId, 30_000)).toMatchObject({
      outcome: "noop",
      error: "this generation is applied already",
    });
    const told = () =>
      bench.gateway
        .events(places.clusterId)
        .some(({ kind }) => kind === "ClusterSnapshot");
    await eventually("it has told how things stand", told);
    const now = await derived();
    const identity = ({ kind, metadata }: KubeObject) => [
      kind,
      metadata.uid,
      metadata.generation,
    ];
    expect(now.map(identity)).toEqual(before.map(identity));
    expect(now.map((object) => object["spec"])).toEqual(
      before.map((object) => object["spec"]),
    );
    const [instance] = now;
    expect(instance?.metadata.finalizers).toEqual(written.FINALIZERS);
    const ready = written.INSTANCE_CONDITIONS[0];
    expect(conditionOf(instance, "Ready")).toEqual(ready);
  });

  it("sends what waited in the spool, and once", async () => {
    const { session, sequences } = written.SPOOL_SEGMENT;
    const waited = () =>
      bench.gateway
        .events(places.clusterId)
        .filter((event) => event.session === session)
        .map(({ sequence }) => sequence);
    await eventually("they have come", () => waited().length > 0);
    expect(waited()).toEqual(sequences);
    const files = readdirSync(join(stateDir, "events"));
    expect(files.filter((name) => name.endsWith(".bad"))).toEqual([]);
  });

  it("uninstalls it when that is wanted, and takes the older agent's finalizer off", async () => {
    const deletion = bench.gateway.issueDelete(
      places.clusterId,
      ref(APPLICATION_INSTANCE),
    );
    expect(await bench.gateway.settled(deletion.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(await derived()).toEqual([]);
  });
});
