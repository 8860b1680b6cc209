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
import { HELM_RELEASE } from "../watches/watched-kinds";
import { eventually } from "./eventually";
import { fluxDefinitions, permissiveFluxDefinitions } from "./flux-definitions";
import { FluxStandIn } from "./flux-stand-in";

const ADMIN = { fieldManager: "admin" };

export interface RunningAgent {
  readonly clusterId: string;
  stop(): Promise<void>;
}

/** A cluster, a gateway and an agent between them, for one spec file. */
export class AgentBench {
  private readonly apps: INestApplicationContext[] = [];
  private flux: FluxStandIn | undefined;

  /** Of the agents it starts. */
  private logLevel = "silent";

  private constructor(
    readonly cluster: OpenedCluster,
    readonly gateway: FakeGateway,
    private readonly connection: KubeConnection,
    readonly api: KubeClient,
  ) {}

  /** @param logLevel of the agents; silent where it isn't given */
  static async open(logLevel?: string): Promise<AgentBench> {
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
    if (logLevel) bench.logLevel = logLevel;
    try {
      await bench.install(
        customResourceDefinitions().map((crd) => crd.manifest as KubeObject),
      );
      return bench;
    } catch (error) {
      await bench.stop();
      throw error;
    }
  }

  /** A cluster that is used again may still have it, with releases whose finalizer nobody takes off any more. */
  async removeFlux(): Promise<void> {
    await this.releaseFinalizers();
    for (const { apiVersion, kind, metadata } of fluxDefinitions()) {
      const ref = { apiVersion, kind, name: metadata.name };
      await this.api.delete(ref);
      await eventually(
        `${metadata.name} is gone`,
        async () => (await this.api.get(ref)) === undefined,
      );
    }
  }

  async installFlux(): Promise<void> {
    // The simulator refuses what it doesn't evaluate, and the real CRDs have rules in CEL.
    await this.install(
      this.cluster.target === "simulator"
        ? permissiveFluxDefinitions()
        : fluxDefinitions(),
    );
    this.flux = new FluxStandIn(this.api);
    this.flux.start();
  }

  /** @returns a new cluster's id, known to the gateway, and an agent that registers as it */
  async startAgent(
    cluster = this.gateway.newCluster(),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RunningAgent> {
    const log = pino({ level: this.logLevel });
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

  async serviceAccount(
    namespace: string,
    name: string = RELEASE_SERVICE_ACCOUNT,
  ): Promise<void> {
    await this.api.apply(
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name, namespace },
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

  private async releaseFinalizers(): Promise<void> {
    if (!(await this.api.serves(HELM_RELEASE))) return;
    for (const { metadata } of await this.api.list(HELM_RELEASE)) {
      const { namespace = "", name } = metadata;
      const ref = { ...HELM_RELEASE, namespace, name };
      await this.api.patch(ref, { metadata: { finalizers: null } }, ADMIN);
    }
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
