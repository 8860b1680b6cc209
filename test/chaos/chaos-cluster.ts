import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type KubeClient,
  type KubeConnection,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  customResourceDefinitions,
} from "@vworkspace/resources";
import {
  type Simulator,
  startSimulator,
} from "../../apps/simulator/src/simulator";
import { writeKubeconfig } from "../cluster/kubeconfig-file";

/** An ApplicationInstance as the cluster has it. */
export interface SeenApplication {
  readonly namespace: string;
  readonly name: string;
  readonly isReady: boolean;
  /** The gateway's generation that is stamped on it. */
  readonly intentGeneration: string;
}

/** Where agents keep their credential; an installation makes it. */
const AGENT_NAMESPACE = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "vworkspace-system" },
};

/** A cluster in memory whose stand-ins for Flux's controllers are quick. */
export class ChaosCluster {
  private constructor(
    private readonly simulator: Simulator,
    private readonly directory: string,
    private readonly connection: KubeConnection,
    private readonly api: KubeClient,
  ) {}

  static async start(): Promise<ChaosCluster> {
    const definitions = [
      ...customResourceDefinitions().map(({ manifest }) => manifest),
      AGENT_NAMESPACE,
    ];
    const flux = { delayMs: { min: 0, max: 50 } };
    const simulator = await startSimulator({ definitions, flux });
    const directory = await mkdtemp(join(tmpdir(), "vworkspace-chaos-"));
    const kubeconfig = join(directory, "kubeconfig");
    const { url: server, token } = simulator;
    writeKubeconfig(kubeconfig, { server, token });
    const connection = loadKubeConnection({ kubeconfig });
    const api = openKubeApi(connection);
    return new ChaosCluster(simulator, directory, connection, api);
  }

  get kubeconfig(): string {
    return join(this.directory, "kubeconfig");
  }

  /** A file of that name which is gone with the cluster. */
  file(name: string): string {
    return join(this.directory, name);
  }

  async applications(): Promise<readonly SeenApplication[]> {
    return (await this.api.list(APPLICATION_INSTANCE)).map(seen);
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.simulator.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function seen(object: KubeObject): SeenApplication {
  const { namespace = "", name, annotations = {} } = object.metadata;
  const status = object["status"] as
    { conditions?: { type: string; status: string }[] } | undefined;
  return {
    namespace,
    name,
    isReady: (status?.conditions ?? []).some(
      (condition) => condition.type === "Ready" && condition.status === "True",
    ),
    intentGeneration: annotations[ANNOTATIONS.intentGeneration] ?? "",
  };
}
