import { join } from "node:path";
import {
  type KubeConnection,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { writeKubeconfig } from "../cluster/kubeconfig-file";
import type { ChaosServer, ClusterKind } from "./chaos-server";
import { type ClusterContent, readContent } from "./cluster-content";
import { ClusterWitness } from "./cluster-witness";
import { FaultProxy } from "./fault-proxy";
import { KubeServer } from "./kube-server";
import { LateCopies } from "./late-copies";
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
    /** Of what the agent wrote over the link. */
    readonly lateCopies: LateCopies,
  ) {
    const { access, agentAccess } = server;
    const kubeconfig = join(directory, "admin.kubeconfig");
    writeKubeconfig(kubeconfig, access);
    const hurt = new URL(agentAccess.server);
    hurt.port = String(link.port);
    writeKubeconfig(this.agentKubeconfig, {
      ...agentAccess,
      server: hurt.origin,
    });
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
    const target = () => ({ host, port: Number(port) });
    const copies = new LateCopies(target);
    const link = await FaultProxy.start(target, () => copies.tap());
    return new ChaosCluster(directory, server, link, copies);
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

  /** Name of each application to its UID, which it loses when it is deleted. */
  async uids(): Promise<Record<string, string>> {
    const found = await openKubeApi(this.connection).list(APPLICATION_INSTANCE);
    return Object.fromEntries(
      found.map(({ metadata }) => [metadata.name, metadata.uid ?? ""]),
    );
  }

  async stop(): Promise<void> {
    await this.witness.stop();
    await this.connection.close();
    await this.link.stop();
    await this.lateCopies.idle();
    await this.server.stop();
  }
}
