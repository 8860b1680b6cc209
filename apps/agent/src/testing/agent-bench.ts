import { NestFactory } from "@nestjs/core";
import type { INestApplicationContext } from "@nestjs/common";
import { newId } from "@vworkspace/kernel";
import {
  type KubeClient,
  type KubeConnection,
  type KubeObject,
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
import { pino } from "pino";
import {
  type FakeGateway,
  startFakeGateway,
} from "../../../../test/fake-gateway/start-fake-gateway";
import {
  type OpenedCluster,
  openCluster,
} from "../../../../test/cluster/open-cluster";
import { Agent } from "../agent";
import { AgentModule } from "../agent.module";
import { readAgentConfig } from "../config";
import { eventually } from "./eventually";
import { fluxDefinitions } from "./flux-definitions";
import { FluxStandIn } from "./flux-stand-in";

const ADMIN = { fieldManager: "admin" };

export interface RunningAgent {
  stop(): Promise<void>;
}

/** A cluster, a gateway and an agent between them, for one spec file. */
export class AgentBench {
  private readonly apps: INestApplicationContext[] = [];
  private flux: FluxStandIn | undefined;

  private constructor(
    readonly cluster: OpenedCluster,
    readonly gateway: FakeGateway,
    private readonly connection: KubeConnection,
    readonly api: KubeClient,
  ) {}

  static async open(): Promise<AgentBench> {
    const cluster = await openCluster();
    const gateway = await startFakeGateway();
    const kubeconfig = cluster.kubeconfigPath;
    const connection = loadKubeConnection({ kubeconfig });
    const bench = new AgentBench(
      cluster,
      gateway,
      connection,
      openKubeApi(connection),
    );
    await bench.install(
      customResourceDefinitions().map(({ manifest }) => manifest as KubeObject),
    );
    return bench;
  }

  async installFlux(): Promise<void> {
    await this.install(fluxDefinitions());
    this.flux = new FluxStandIn(this.api);
    this.flux.start();
  }

  /** @returns a new cluster's id, known to the gateway, and an agent that registers as it */
  async startAgent(
    cluster = this.gateway.newCluster(),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RunningAgent & { readonly clusterId: string }> {
    const log = pino({
      level: process.env["VWORKSPACE_TEST_LOG_LEVEL"] ?? "silent",
    });
    const config = readAgentConfig({
      CONTROL_PLANE_ENDPOINT: this.gateway.url,
      VWORKSPACE_REGISTRATION_TOKEN: cluster.registrationToken,
      VWORKSPACE_AGENT_NAMESPACE: `agent-${cluster.clusterId.slice(-12)}`,
      VWORKSPACE_POLL_WAIT_SECONDS: "5",
      KUBECONFIG: this.cluster.kubeconfigPath,
      ...environment,
    });
    await this.namespace(config.agentNamespace, {});
    const app = await NestFactory.createApplicationContext(
      AgentModule.register({ config, log }),
      { logger: ["error"], abortOnError: false },
    );
    this.apps.push(app);
    await app.get(Agent).start();
    const stop = async () => {
      this.apps.splice(this.apps.indexOf(app), 1);
      await app.close();
    };
    return { clusterId: cluster.clusterId, stop };
  }

  async stop(): Promise<void> {
    for (const app of [...this.apps]) await app.close();
    await this.flux?.stop();
    await this.connection.close();
    await this.gateway.stop();
    await this.cluster.stop();
  }

  /** An opted-in namespace with its release service account, as the opt-in leaves it. */
  async optedIn(prefix: string): Promise<string> {
    const name = `${prefix}-${newId().slice(-12)}`;
    await this.namespace(name, {
      [LABELS.namespaceOptIn]: NAMESPACE_OPT_IN_VALUE,
    });
    await this.serviceAccount(name);
    return name;
  }

  async serviceAccount(namespace: string): Promise<void> {
    await this.api.apply(
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: RELEASE_SERVICE_ACCOUNT, namespace },
      },
      ADMIN,
    );
  }

  async namespace(name: string, labels: Record<string, string>): Promise<void> {
    await this.api.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } },
      ADMIN,
    );
  }

  instance(namespace: string, name: string): Promise<KubeObject | undefined> {
    return this.api.get({ ...APPLICATION_INSTANCE, namespace, name });
  }

  private async install(definitions: readonly KubeObject[]): Promise<void> {
    for (const definition of definitions) {
      await this.api.apply(definition, { ...ADMIN, force: true });
      const spec = definition["spec"] as {
        group: string;
        names: { kind: string };
        versions: { name: string; served: boolean }[];
      };
      for (const { name } of spec.versions.filter(({ served }) => served)) {
        const kind = {
          apiVersion: `${spec.group}/${name}`,
          kind: spec.names.kind,
        };
        await eventually(`${kind.kind} is served`, async () => {
          await this.api.list(kind);
          return true;
        });
      }
    }
  }
}
