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
  ADMISSION_USERS,
  APPLICATION_INSTANCE,
  CREDENTIAL_SECRET,
  customResourceDefinitions,
  FIELD_MANAGERS,
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
  type OpenClusterOptions,
  type OpenedCluster,
  openCluster,
} from "../../../../test/cluster/open-cluster";
import { keepPermissionUses } from "../../../../test/cluster/keep-permission-uses";
import { Agent } from "../agent";
import { AgentModule } from "../agent.module";
import { readAgentConfig } from "../config";
import { namespaceBinding } from "../permissions/agent-rbac";
import { HELM_RELEASE } from "../watches/watched-kinds";
import { AgentInstallation } from "./agent-installation";
import { CuttableConnection } from "./cuttable-connection";
import { eventually } from "../../../../test/cluster/eventually";
import { fluxDefinitions, permissiveFluxDefinitions } from "./flux-definitions";
import { FluxStandIn } from "./flux-stand-in";
import { RecordingConnection } from "./recording-connection";

const { agentNamespace } = ADMISSION_USERS;
const ADMIN = { fieldManager: "admin" };

export interface RunningAgent {
  readonly clusterId: string;
  /** Its own way to the API server, which a test can cut. */
  readonly way: Pick<CuttableConnection, "cut" | "rejoin">;
  stop(): Promise<void>;
}

interface Parts {
  readonly cluster: OpenedCluster;
  readonly gateway: FakeGateway;
  readonly api: KubeClient;
  readonly agentApi: KubeClient;
  /** Under both; closed at the end. */
  readonly ways: readonly KubeConnection[];
  readonly installation: AgentInstallation;
}

/**
 * A cluster, a gateway and an agent between them, for one spec file. The agent has the rights that deploy/agent gives it, and
 * what it asks of the API server is noted.
 */
export class AgentBench {
  private readonly apps: INestApplicationContext[] = [];
  private readonly connections: RecordingConnection[] = [];
  private flux: FluxStandIn | undefined;
  /** Whose credential the agent's Secret holds. */
  private registered: string | undefined;

  /** Of the agents it starts. */
  private logLevel = "silent";

  readonly cluster: OpenedCluster;
  readonly gateway: FakeGateway;
  /** Of a person who may do everything, save what the policies keep from people. */
  readonly api: KubeClient;
  /** Of the agent's own identity. */
  readonly agentApi: KubeClient;

  private constructor(private readonly parts: Parts) {
    ({
      cluster: this.cluster,
      gateway: this.gateway,
      api: this.api,
      agentApi: this.agentApi,
    } = parts);
  }

  /** @param logLevel of the agents; silent where it isn't given */
  static async open(
    logLevel?: string,
    options: OpenClusterOptions = {},
  ): Promise<AgentBench> {
    const cluster = await openCluster(options);
    const gateway = await startFakeGateway();
    const ways = [
      loadKubeConnection({ kubeconfig: cluster.kubeconfigPath }),
      loadKubeConnection({ kubeconfig: agentKubeconfig(cluster) }),
    ] as const;
    const [api, agentApi] = [openKubeApi(ways[0]), openKubeApi(ways[1])];
    const hasPolicies = cluster.target === "kube-apiserver";
    const installation = new AgentInstallation(api, agentApi, hasPolicies);
    const bench = new AgentBench({
      cluster,
      gateway,
      ways,
      api,
      agentApi,
      installation,
    });
    if (logLevel) bench.logLevel = logLevel;
    try {
      await bench.install(
        customResourceDefinitions().map((crd) => crd.manifest as KubeObject),
      );
      await installation.install();
      return bench;
    } catch (error) {
      await bench.stop();
      throw error;
    }
  }

  /**
   * Its controllers go first, as with `flux uninstall`: they would put their finalizers back, and uninstall. A cluster that is
   * used again may still have it, with releases whose finalizer nobody takes off any more.
   */
  async removeFlux(): Promise<void> {
    await this.flux?.stop();
    this.flux = undefined;
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
    await this.flux?.stop();
    this.flux = new FluxStandIn(this.api);
    this.flux.start();
  }

  /** @throws Error before installFlux() */
  get fluxStandIn(): FluxStandIn {
    if (this.flux === undefined) throw new Error("Flux is not installed.");
    return this.flux;
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
      VWORKSPACE_AGENT_NAMESPACE: agentNamespace,
      VWORKSPACE_POLL_WAIT_SECONDS: "5",
      KUBECONFIG: agentKubeconfig(this.cluster),
      ...environment,
    });
    await this.forgetOthers(cluster.clusterId);
    const connection = new CuttableConnection(
      this.recorded(config.kubeconfig ?? ""),
    );
    const app = await NestFactory.createApplicationContext(
      AgentModule.register({ config, log, connection }),
      { logger: ["error"], abortOnError: false },
    );
    this.apps.push(app);
    await app.get(Agent).start();
    const stop = async () => {
      this.apps.splice(this.apps.indexOf(app), 1);
      await app.close();
    };
    return { clusterId: cluster.clusterId, way: connection, stop };
  }

  /** As an agent works, under its role, for an engine that a test drives; what it asks is noted. */
  engineApi(): KubeClient {
    return openKubeApi(this.recorded(agentKubeconfig(this.cluster)));
  }

  async stop(): Promise<void> {
    for (const app of [...this.apps]) await app.close();
    await this.flux?.stop();
    keepPermissionUses(this.connections.flatMap(({ uses }) => uses));
    await this.parts.installation.remove();
    for (const way of this.parts.ways) await way.close();
    await this.gateway.stop();
    await this.cluster.stop();
  }

  private recorded(kubeconfig: string): RecordingConnection {
    const inner = loadKubeConnection({ kubeconfig });
    const connection = new RecordingConnection(inner, agentNamespace);
    this.connections.push(connection);
    return connection;
  }

  /** One namespace for all agents of the file: the next cluster's starts without the last one's credential. */
  private async forgetOthers(clusterId: string): Promise<void> {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      name: CREDENTIAL_SECRET,
    };
    if (clusterId !== this.registered)
      await this.api.delete({ ...secret, namespace: agentNamespace });
    this.registered = clusterId;
  }

  /** An agent of this cluster was here before, and left this Secret. */
  async holdsCredential(clusterId: string, secret: KubeObject): Promise<void> {
    const manager = { fieldManager: FIELD_MANAGERS.agent, force: true };
    await this.agentApi.apply(secret, manager);
    this.registered = clusterId;
  }

  /** An opted-in namespace with its release service account and the agent's rights, as the opt-in leaves it. */
  async optedIn(prefix: string): Promise<string> {
    const name = `${prefix}-${newId().slice(-12)}`;
    await this.namespace(name, {
      [LABELS.namespaceOptIn]: NAMESPACE_OPT_IN_VALUE,
    });
    await this.serviceAccount(name);
    await this.api.apply(namespaceBinding(name, agentNamespace), ADMIN);
    const account = { apiVersion: "v1", kind: "ServiceAccount" };
    const ref = { ...account, namespace: name, name: RELEASE_SERVICE_ACCOUNT };
    // The API server reads bindings from a cache of its own, and what the agent is refused until then has failed.
    await eventually(`the agent may work in ${name}`, () =>
      this.agentApi.get(ref),
    );
    return name;
  }

  /** One of another name than the opt-in's is released for installations by its label. */
  async serviceAccount(
    namespace: string,
    name: string = RELEASE_SERVICE_ACCOUNT,
  ): Promise<void> {
    const labels =
      name === RELEASE_SERVICE_ACCOUNT
        ? {}
        : { [LABELS.releaseServiceAccount]: "true" };
    await this.api.apply(
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name, namespace, labels },
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

  /** Installs definitions of kinds, and waits until they are served. */
  async install(definitions: readonly KubeObject[]): Promise<void> {
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

function agentKubeconfig({ agentKubeconfigPath }: OpenedCluster): string {
  if (agentKubeconfigPath === undefined)
    throw new Error("The cluster gives no kubeconfig of the agent's identity.");
  return agentKubeconfigPath;
}
