import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind, KubeObject } from "@vworkspace/kube";
import {
  ADMISSION_USERS,
  APPLICATION_INSTANCE,
  CLUSTER,
  CREDENTIAL_SECRET,
} from "@vworkspace/resources";
import { freePorts } from "../../../test/cluster/free-ports";
import { PlantedSecrets } from "../../../test/trust/planted-secrets";
import { AgentBench } from "./testing/agent-bench";
import { AgentProcess } from "./testing/agent-process";
import { eventually } from "../../../test/cluster/eventually";
import { conditionOf, instanceManifest } from "./testing/instance-manifest";
import {
  CONFIG_MAP,
  EVENT,
  HELM_RELEASE,
  HELM_REPOSITORY,
  NAMESPACE,
  OCI_REPOSITORY,
  SECRET,
} from "./watches/watched-kinds";

const { agentNamespace } = ADMISSION_USERS;
const ADMIN = { fieldManager: "admin" };

/** All that the agent writes or could write, but Secrets. */
const READ: readonly Kind[] = [
  APPLICATION_INSTANCE,
  CLUSTER,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
  NAMESPACE,
  CONFIG_MAP,
  EVENT,
  { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
  { apiVersion: "v1", kind: "ServiceAccount" },
];

describe("Secrets that were planted wherever one can enter the agent", () => {
  const secrets = new PlantedSecrets();
  let bench: AgentBench;
  let agent: AgentProcess;
  let directory: string;
  let port: number;
  let clusterId: string;

  beforeAll(async () => {
    bench = await AgentBench.open(undefined, { isOwn: true });
    await bench.installFlux();
    directory = await mkdtemp(join(tmpdir(), "vworkspace-secrets-"));
    [port = 0] = await freePorts(1);
    const cluster = bench.gateway.newCluster();
    clusterId = cluster.clusterId;
    secrets.know("the registration token", cluster.registrationToken);
    agent = new AgentProcess({
      CONTROL_PLANE_ENDPOINT: bench.gateway.url,
      VWORKSPACE_REGISTRATION_TOKEN: cluster.registrationToken,
      VWORKSPACE_AGENT_NAMESPACE: agentNamespace,
      VWORKSPACE_STATE_DIR: directory,
      VWORKSPACE_AGENT_HTTP_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_POLL_WAIT_SECONDS: "1",
      VWORKSPACE_LOG_LEVEL: "trace",
      KUBECONFIG: bench.cluster.agentKubeconfigPath ?? "",
    });
    await useSecrets();
  }, 600_000);

  afterAll(async () => {
    await agent?.kill();
    await bench?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function useSecrets(): Promise<void> {
    const namespace = await bench.optedIn("secrets");
    await valuesFromSecret(namespace);
    await inlineSecrets(namespace);
    await knowCredential("a token");
    const { jobId } = bench.gateway.issueIntent(clusterId, {
      intent: "rotate-operator-credentials",
    });
    await bench.gateway.settled(jobId, 60_000);
    await knowCredential("a rotated token");
    await readKubeconfig();
    // Its credential is refused, and it says so.
    bench.gateway.revoke(clusterId);
    await eventually("the refusal is told", async () => {
      const [cluster] = await bench.api.list(CLUSTER);
      return conditionOf(cluster, "Authenticated")?.status === "False";
    });
  }

  async function valuesFromSecret(namespace: string): Promise<void> {
    const values = `auth:\n  password: ${secrets.plant("a value in a Secret")}\n`;
    await bench.api.apply(
      {
        ...SECRET,
        metadata: { name: "values", namespace },
        stringData: { "values.yaml": values },
      },
      ADMIN,
    );
    const { jobId } = bench.gateway.issueApply(
      clusterId,
      instanceManifest(namespace, "web", {
        values: {
          source: "secretRef",
          secretRef: { name: "values", key: "values.yaml" },
        },
      }),
    );
    const job = await bench.gateway.settled(jobId, 90_000);
    expect([job.outcome, job.error]).toEqual(["succeeded", undefined]);
  }

  async function inlineSecrets(namespace: string): Promise<void> {
    const values = {
      password: secrets.plant("a password in a job"),
      tls: `-----BEGIN PRIVATE KEY-----\n${secrets.plant("a PEM in a job")}\n-----END PRIVATE KEY-----`,
    };
    const { jobId } = bench.gateway.issueApply(
      clusterId,
      instanceManifest(namespace, "open", {
        values: { source: "inline", inline: values },
      }),
    );
    const job = await bench.gateway.settled(jobId, 90_000);
    expect(job.outcome).toBe("failed");
  }

  async function knowCredential(place: string): Promise<void> {
    const secret = await bench.api.get<
      KubeObject & { data?: Record<string, string> }
    >({ ...SECRET, namespace: agentNamespace, name: CREDENTIAL_SECRET });
    const token = Buffer.from(secret?.data?.["token"] ?? "", "base64");
    expect(token.length).toBeGreaterThan(10);
    secrets.know(place, token.toString("utf8"));
  }

  /** What the agent reaches its own API server with. */
  async function readKubeconfig(): Promise<void> {
    const path = bench.cluster.agentKubeconfigPath ?? "";
    const text = await readFile(path, "utf8");
    for (const line of text.match(/(?<=token: )\S{12,}/g) ?? [])
      secrets.know("the token for the API server", line.replaceAll('"', ""));
  }

  async function spool(): Promise<string> {
    const names = await readdir(directory, { recursive: true });
    const read = names.map((name) =>
      readFile(join(directory, name), "utf8").catch(() => ""),
    );
    return (await Promise.all(read)).join("\n");
  }

  it("stand in no line of its log, though it says all that it can", () => {
    expect(agent.wholeOutput).toContain('"level":');
    expect(secrets.foundIn(agent.wholeOutput)).toEqual([]);
  });

  it("stand in no object but Secrets: neither conditions, nor Events, nor annotations", async () => {
    const found: string[] = [];
    let objects = 0;
    for (const kind of READ)
      for (const object of await bench.api.list(kind)) {
        objects += 1;
        const places = secrets.foundIn(JSON.stringify(object));
        found.push(...places.map((place) => `${kind.kind}: ${place}`));
      }
    expect(objects).toBeGreaterThan(10);
    expect(found).toEqual([]);
  });

  it("are told to nobody: neither in results and events, nor in what waits for the gateway", async () => {
    const jobs = bench.gateway.jobs(clusterId);
    const events = bench.gateway.events(clusterId);
    expect(events.length).toBeGreaterThan(0);
    // A job's payload is what the gateway itself has said.
    const told = jobs.map(({ statuses, error, appliedRef }) => ({
      statuses,
      error,
      appliedRef,
    }));
    const text = JSON.stringify({ told, events });
    expect(secrets.foundIn(text)).toEqual([]);
    expect(secrets.foundIn(await spool())).toEqual([]);
  });

  it("stand in no metric", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await response.text();
    expect(text).toContain("vworkspace_agent_jobs_total");
    expect(secrets.foundIn(text)).toEqual([]);
  });
});
