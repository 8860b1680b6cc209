import {
  type KubeClient,
  type KubeConnection,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import { customResourceDefinitions } from "@vworkspace/resources";
import { AgentInstallation } from "../../apps/agent/src/testing/agent-installation";
import { fluxDefinitions } from "../../apps/agent/src/testing/flux-definitions";
import { FluxStandIn } from "../../apps/agent/src/testing/flux-stand-in";
import { applyDefinitions } from "../cluster/install-crds";
import {
  type KubeApiserver,
  kubeAssetsDirectory,
  startKubeApiserver,
} from "../cluster/kube-apiserver";
import { type ClusterAccess, readKubeconfig } from "../cluster/kubeconfig-file";
import type { ChaosServer } from "./chaos-server";

/** A real kube-apiserver on etcd. Flux's stand-in lives in this process, and outlives the API server. */
export class KubeServer implements ChaosServer {
  private constructor(
    private readonly server: KubeApiserver,
    private readonly connection: KubeConnection,
    private readonly flux: FluxStandIn,
  ) {}

  /** @throws Error where there are no binaries; standard error says why */
  static async start(): Promise<KubeServer> {
    const assets = await kubeAssetsDirectory();
    if (assets === undefined)
      throw new Error("There is no kube-apiserver; standard error says why.");
    const server = await startKubeApiserver(assets);
    try {
      return await KubeServer.prepare(server);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private static async prepare(server: KubeApiserver): Promise<KubeServer> {
    const { kubeconfigPath: kubeconfig } = server;
    await applyDefinitions(kubeconfig, [
      ...customResourceDefinitions().map(({ manifest }) => manifest),
      ...fluxDefinitions(),
    ]);
    const connection = loadKubeConnection({ kubeconfig });
    const api = openKubeApi(connection);
    await install(api, server.agentKubeconfigPath);
    const flux = new FluxStandIn(api);
    flux.start();
    return new KubeServer(server, connection, flux);
  }

  get access(): ClusterAccess {
    return readKubeconfig(this.server.kubeconfigPath);
  }

  get agentAccess(): ClusterAccess {
    return readKubeconfig(this.server.agentKubeconfigPath);
  }

  crash(downMs: number): Promise<void> {
    return this.server.crash(downMs);
  }

  async stop(): Promise<void> {
    await this.flux.stop();
    await this.connection.close();
    await this.server.stop();
  }
}

/** The agent's roles and the policies that fence it. */
async function install(admin: KubeClient, kubeconfig: string): Promise<void> {
  const connection = loadKubeConnection({ kubeconfig });
  const agent = openKubeApi(connection);
  await new AgentInstallation(admin, agent, true).install();
  await connection.close();
}
