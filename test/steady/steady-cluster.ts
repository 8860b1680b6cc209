import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type KubeClient,
  type KubeConnection,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  customResourceDefinitions,
  LABELS,
  NAMESPACE_OPT_IN_VALUE,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { namespaceBinding } from "../../apps/agent/src/permissions/agent-rbac";
import { AgentInstallation } from "../../apps/agent/src/testing/agent-installation";
import {
  conditionOf,
  instanceManifest,
} from "../../apps/agent/src/testing/instance-manifest";
import {
  type Simulator,
  startSimulator,
} from "../../apps/simulator/src/simulator";
import { AGENT_GROUPS, AGENT_USER } from "../cluster/kube-apiserver";
import { writeKubeconfig } from "../cluster/kubeconfig-file";
import { HurriedClock } from "./hurried-clock";

const ADMIN = { fieldManager: "admin" };
const AGENT_NAMESPACE = "vworkspace-system";

/** A simulated cluster whose time runs as fast as its agent's, with many instances in it. */
export class SteadyCluster {
  private constructor(
    readonly simulator: Simulator,
    private readonly directory: string,
    private readonly connections: readonly KubeConnection[],
    private readonly api: KubeClient,
  ) {}

  static async start(speed: number): Promise<SteadyCluster> {
    const token = randomBytes(24).toString("base64url");
    const user = { name: AGENT_USER, groups: AGENT_GROUPS };
    const simulator = await startSimulator({
      flux: { delayMs: { min: 0, max: 1_000 } },
      clock: new HurriedClock(speed),
      historyLength: 100_000,
      identities: [{ token, user }],
      definitions: customResourceDefinitions().map(({ manifest }) => manifest),
    });
    const directory = await mkdtemp(join(tmpdir(), "vworkspace-steady-"));
    const server = simulator.url;
    const files = ["admin", "agent"].map((name) =>
      join(directory, `${name}.kubeconfig`),
    );
    const [admin = "", agent = ""] = files;
    writeKubeconfig(admin, { server, token: simulator.token });
    writeKubeconfig(agent, { server, token });
    const connections = files.map((kubeconfig) =>
      loadKubeConnection({ kubeconfig }),
    );
    const [adminApi, agentApi] = connections.map((connection) =>
      openKubeApi(connection),
    ) as [KubeClient, KubeClient];
    await new AgentInstallation(adminApi, agentApi, false).install();
    return new SteadyCluster(simulator, directory, connections, adminApi);
  }

  /** Of the agent's own identity. */
  get agentKubeconfig(): string {
    return join(this.directory, "agent.kubeconfig");
  }

  /** So many instances in namespaces that have opted in. */
  async fill(instances: number, namespaces: number): Promise<void> {
    for (let index = 0; index < namespaces; index += 1)
      await this.optIn(`steady-${index}`);
    for (let index = 0; index < instances; index += 1) {
      const manifest = instanceManifest(
        `steady-${index % namespaces}`,
        `app-${index}`,
      );
      await this.api.create(manifest, ADMIN);
    }
  }

  async readyCount(): Promise<number> {
    const instances = await this.api.list(APPLICATION_INSTANCE);
    return instances.filter(
      (instance) => conditionOf(instance, "Ready")?.status === "True",
    ).length;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) await connection.close();
    await this.simulator.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** As the opt-in command leaves a namespace. */
  private async optIn(name: string): Promise<void> {
    const labels = { [LABELS.namespaceOptIn]: NAMESPACE_OPT_IN_VALUE };
    const account = { name: RELEASE_SERVICE_ACCOUNT, namespace: name };
    const objects = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
      namespaceBinding(name, AGENT_NAMESPACE),
    ];
    for (const object of objects) await this.api.apply(object, ADMIN);
  }
}
