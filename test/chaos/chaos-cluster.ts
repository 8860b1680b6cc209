import { join } from "node:path";
import {
  type KubeConnection,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import { writeKubeconfig } from "../cluster/kubeconfig-file";
import type { ChaosServer, ClusterKind } from "./chaos-server";
import { type ClusterContent, readContent } from "./cluster-content";
import { ClusterWitness } from "./cluster-witness";
import { FaultProxy } from "./fault-proxy";
import { KubeServer } from "./kube-server";
import { SimulatedServer } from "./simulated-server";

/** A cluster whose API server is killed, the agent's hurt way to it, and what a test sees past all of that. */
export class ChaosCluster {
  readonly witness: ClusterWitness;
  private readonly connection: KubeConnection;

  private constructor(
    private readonly directory: string,
    private readonly server: ChaosServer,
    /** Between the agent and the API server. */
    readonly link: FaultProxy,
  ) {
    const { access } = server;
    const kubeconfig = join(directory, "admin.kubeconfig");
    writeKubeconfig(kubeconfig, access);
    const hurt = new URL(access.server);
    hurt.port = String(link.port);
    writeKubeconfig(this.agentKubeconfig, { ...access, server: hurt.origin });
    this.connection = loadKubeConnection({ kubeconfig });
    this.witness = new ClusterWitness(kubeconfig);
  }

  /** @param directory for kubeconfigs, state and logs; whoever gave it removes it */
  static async start(
    kind: ClusterKind,
    directory: string,
  ): Promise<ChaosCluster> {
    const server =
      kind === "simulator"
        ? await SimulatedServer.start(directory)
        : await KubeServer.start();
    const { hostname: host, port } = new URL(server.access.server);
    const link = await FaultProxy.start(() => ({ host, port: Number(port) }));
    return new ChaosCluster(directory, server, link);
  }

  /** The agent's way in. */
  get agentKubeconfig(): string {
    return join(this.directory, "agent.kubeconfig");
  }

  /** kill -9 of the API server; then it starts again. */
  crash(downMs: number): Promise<void> {
    return this.server.crash(downMs);
  }

  content(): Promise<ClusterContent> {
    return readContent(openKubeApi(this.connection));
  }

  async stop(): Promise<void> {
    await this.witness.stop();
    await this.connection.close();
    await this.link.stop();
    await this.server.stop();
  }
}
