import { SystemClock } from "@vworkspace/kernel";
import {
  type OpenedCluster,
  openCluster,
} from "../../../test/cluster/open-cluster";
import { FencedConnection } from "./fenced-connection";
import { openKubeApi } from "./kube-client";
import type { KubeConnection } from "./kube-connection";
import { LOCAL_REASONS } from "./kube-error";
import { LeaderElection } from "./leader-election";
import { LEASE } from "./lease-lock";
import { loadKubeConnection } from "./load-kube-connection";
import { eventually } from "../../../test/cluster/eventually";
import { makeNamespace } from "./testing/widgets";

/** A third of Kubernetes' own, in the same proportions. */
const TIMES = { leaseMs: 5_000, renewDeadlineMs: 3_300, retryMs: 600 };

interface Candidate {
  readonly election: LeaderElection;
  readonly connection: KubeConnection;
  readonly isWorking: () => boolean;
  readonly end: () => Promise<void>;
}

describe("Leader election on an API server", () => {
  let cluster: OpenedCluster;
  let direct: KubeConnection;
  let namespace: string;
  const candidates: Candidate[] = [];

  beforeAll(async () => {
    cluster = await openCluster();
    direct = loadKubeConnection({ kubeconfig: cluster.kubeconfigPath });
    namespace = await makeNamespace(openKubeApi(direct), "election");
  }, 600_000);
  afterEach(async () => {
    await Promise.all(candidates.splice(0).map(({ end }) => end()));
  });
  afterAll(async () => {
    await direct.close();
    await cluster.stop();
  });

  function start(name: string, identity: string): Candidate {
    const connection = loadKubeConnection({
      kubeconfig: cluster.kubeconfigPath,
    });
    const election = new LeaderElection({
      api: openKubeApi(connection),
      clock: new SystemClock(),
      lease: { namespace, name },
      identity,
      times: TIMES,
    });
    const stop = new AbortController();
    let isWorking = false;
    const ended = election.run(async (signal) => {
      isWorking = true;
      await new Promise((resolve) =>
        signal.addEventListener("abort", resolve, { once: true }),
      );
      isWorking = false;
    }, stop.signal);
    const candidate = {
      election,
      connection,
      isWorking: () => isWorking,
      end: async () => {
        stop.abort();
        await ended;
        await connection.close();
      },
    };
    candidates.push(candidate);
    return candidate;
  }

  const leaseNamed = (name: string) =>
    openKubeApi(direct).get({ ...LEASE, namespace, name });

  it("lets one of two lead, and the other one when the first can be reached no more", async () => {
    const first = start("killed", "first");
    await eventually("the first leads", () => first.election.isLeading);
    const second = start("killed", "second");
    await first.connection.close();
    await eventually("the first has stopped", () => !first.isWorking());
    expect(second.isWorking()).toBe(false);
    await eventually("the second leads", () => second.election.isLeading);
    expect(await leaseNamed("killed")).toMatchObject({
      spec: {
        holderIdentity: "second",
        leaseDurationSeconds: 5,
        leaseTransitions: 1,
      },
    });
  });

  it("hands over when the first ends in order, and the Lease names nobody in between", async () => {
    const first = start("ordered", "first");
    await eventually("the first leads", () => first.election.isLeading);
    await first.end();
    expect(await leaseNamed("ordered")).toMatchObject({
      spec: { holderIdentity: "" },
    });
    const second = start("ordered", "second");
    await eventually("the second leads", () => second.election.isLeading);
  });

  it("lets only one of many lead, however often the Lease is taken away", async () => {
    const many = ["a", "b", "c", "d"].map((name) => start("crowd", name));
    const working = () => many.filter(({ isWorking }) => isWorking()).length;
    for (let round = 0; round < 3; round += 1) {
      await eventually("one leads", () => working() === 1);
      await openKubeApi(direct).patch(
        { ...LEASE, namespace, name: "crowd" },
        { spec: { holderIdentity: "" } },
        { fieldManager: "test" },
      );
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(working()).toBeLessThanOrEqual(1);
    }
  });

  it("lets a connection write only while its process leads", async () => {
    const only = start("fenced", "only");
    const fenced = new FencedConnection(only.connection, only.election);
    const api = openKubeApi(fenced);
    const configMap = (name: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name },
    });
    await eventually("it leads", () => only.election.isLeading);
    await api.apply(configMap("led"), { fieldManager: "test" });
    const stranger = {
      spec: { holderIdentity: "x", leaseDurationSeconds: 60 },
    };
    await openKubeApi(direct).patch(
      { ...LEASE, namespace, name: "fenced" },
      stranger,
      { fieldManager: "test" },
    );
    await eventually("it leads no more", () => !only.isWorking());
    await expect(
      api.apply(configMap("unled"), { fieldManager: "test" }),
    ).rejects.toMatchObject({ reason: LOCAL_REASONS.notLeading });
    expect(
      await api.get({ ...configMap("led"), namespace, name: "led" }),
    ).toBeDefined();
  });
});
