import type { KubeObject } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  type ClusterStatus,
} from "@vworkspace/resources";
import { AgentBench } from "../../testing/agent-bench";
import { instanceManifest } from "../../testing/instance-manifest";
import { eventually } from "../../../../../test/cluster/eventually";
import { DAEMON_SET, DEPLOYMENT } from "../../watches/watched-kinds";

const ADMIN = { fieldManager: "admin" };
const NAMESPACE = "vworkspace-system";

let bench: AgentBench;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
  await bench.installFlux();
}, 600_000);

afterAll(() => bench?.stop());

function workload(
  kind: typeof DEPLOYMENT,
  name: string,
  spec: object = {},
): KubeObject {
  const labels = { "app.kubernetes.io/name": name };
  const containers = [{ name: "manager", image: `example.com/${name}:v1.2.3` }];
  return {
    ...kind,
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      ...spec,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

/** A CustomResourceDefinition of which nothing but its name matters. */
function definition(plural: string, group: string, kind: string): KubeObject {
  const openAPIV3Schema = {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        plural,
        singular: kind.toLowerCase(),
        kind,
        listKind: `${kind}List`,
      },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}

const VELERO = [
  definition("backups", "velero.io", "Backup"),
  definition("restores", "velero.io", "Restore"),
];

async function status(): Promise<ClusterStatus> {
  const own = await bench.api.get({ ...CLUSTER, name: "this-cluster" });
  return own?.["status"] ?? {};
}

/** Waits until `status.controllers` says so of one. */
function shows(name: string, wanted: object): Promise<unknown> {
  return eventually(`${name} is ${JSON.stringify(wanted)}`, async () => {
    const { controllers = [] } = await status();
    const row = controllers.find((item) => item.name === name);
    return Object.entries(wanted).every(
      ([field, value]) => row?.[field as keyof typeof row] === value,
    );
  });
}

async function healthy(): Promise<string | undefined> {
  const { conditions = [] } = await status();
  return conditions.find(({ type }) => type === "ControllersHealthy")?.reason;
}

describe("The agent's Cluster object", () => {
  it("waits for a token, and registers with the Secret's as soon as there is one", async () => {
    const { api, gateway } = bench;
    const cluster = gateway.newCluster();
    const agent = await bench.startAgent(cluster, {
      VWORKSPACE_REGISTRATION_TOKEN: "",
    });
    await eventually("it is pending", async () => {
      return (await status()).phase === "Pending";
    });
    const { registrationToken } = cluster;
    await api.apply(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "registration", namespace: NAMESPACE },
        stringData: { registrationToken },
      },
      ADMIN,
    );
    await api.patch(
      { ...CLUSTER, name: "this-cluster" },
      { spec: { registrationTokenSecretRef: { name: "registration" } } },
      ADMIN,
    );
    await eventually("it is connected", async () => {
      return (await status()).phase === "Connected";
    });
    expect((await status()).credentialStatus).toMatchObject({
      registrationTokenConsumed: true,
    });
    await agent.stop();
  });

  it("takes no unsigned job from when it asks for signed ones, until it doesn't any more", async () => {
    const { api, gateway } = bench;
    const agent = await bench.startAgent();
    await eventually("it is connected", async () => {
      return (await status()).phase === "Connected";
    });
    const ask = (requireSignedPayloads: boolean) =>
      api.patch(
        { ...CLUSTER, name: "this-cluster" },
        { spec: { security: { requireSignedPayloads } } },
        ADMIN,
      );
    await ask(true);
    const namespace = await bench.optedIn("signed");
    const manifest = instanceManifest(namespace, "unsigned");
    const { jobId } = gateway.issueApply(agent.clusterId, manifest);
    await eventually("the gateway hears of it", () =>
      gateway.events(agent.clusterId).some(({ kind }) => kind === "JobRefused"),
    );
    const ref = { ...APPLICATION_INSTANCE, namespace, name: "unsigned" };
    expect(await api.get(ref)).toBeUndefined();
    await ask(false);
    await eventually("it is applied", () => api.get(ref));
    await gateway.settled(jobId, 60_000);
    await agent.stop();
  });

  it("shows the controllers and add-ons as they come, fail and go, and the gateway hears of it", async () => {
    const { api, gateway } = bench;
    const agent = await bench.startAgent();
    for (const name of ["source-controller", "helm-controller"]) {
      const object = workload(DEPLOYMENT, name);
      await api.apply(object, ADMIN);
      await makeAvailable(object);
      await shows(name, { present: true, ready: true, version: "v1.2.3" });
    }
    await shows("velero", { present: false });
    for (const crd of VELERO) await api.apply(crd, ADMIN);
    await shows("velero", { present: true, ready: false });
    await eventually("it is degraded", async () => {
      return (await healthy()) === "ControllerDegraded";
    });
    for (const { apiVersion, kind, metadata } of VELERO)
      await api.delete({ apiVersion, kind, name: metadata.name });
    await shows("velero", { present: false });
    await eventually("all is well", async () => {
      return (await healthy()) === "AllControllersReady";
    });
    await api.apply(
      workload(DEPLOYMENT, "helm-controller", { replicas: 0 }),
      ADMIN,
    );
    await shows("helm-controller", { present: true, ready: false });
    await api.apply(workload(DAEMON_SET, "traefik"), ADMIN);
    await shows("ingress-controller", { present: true, ready: false });
    await eventually("the gateway knows", () =>
      gateway
        .events(agent.clusterId)
        .some(
          ({ kind, controllers = [] }) =>
            kind === "ClusterHeartbeat" &&
            controllers.some(
              ({ name, present }) => name === "ingress-controller" && present,
            ),
        ),
    );
    await agent.stop();
    for (const name of ["source-controller", "helm-controller"])
      await api.delete({ ...DEPLOYMENT, namespace: NAMESPACE, name });
    await api.delete({ ...DAEMON_SET, namespace: NAMESPACE, name: "traefik" });
  }, 180_000);
});

/** What a cluster's own controllers would say; the real API server of the tests has none. */
async function makeAvailable({ apiVersion, kind, metadata }: KubeObject) {
  const { name, namespace } = metadata;
  const condition = {
    type: "Available",
    status: "True",
    reason: "MinimumReplicasAvailable",
    message: "",
  };
  await bench.api.patchStatus(
    {
      apiVersion,
      kind,
      metadata: { name, namespace: namespace ?? "" },
      status: { conditions: [condition] },
    },
    ADMIN,
  );
}
