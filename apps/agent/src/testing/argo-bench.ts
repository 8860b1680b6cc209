import { newId } from "@vworkspace/kernel";
import {
  type KubeApi,
  type KubeConnection,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import {
  ADMISSION_USERS,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { keepPermissionUses } from "../../../../test/cluster/keep-permission-uses";
import { eventually } from "../../../../test/cluster/eventually";
import { applyDefinitions } from "../../../../test/cluster/install-crds";
import {
  type OpenedCluster,
  openCluster,
} from "../../../../test/cluster/open-cluster";
import { engineObjectName } from "../engines/engine-objects";
import {
  WORKFLOW,
  WORKFLOW_TEMPLATE,
  type Workflow,
} from "../engines/workflow/workflow";
import { argoDefinitions, permissiveArgoDefinitions } from "./argo-definitions";
import { RecordingConnection } from "./recording-connection";

const ADMIN = { fieldManager: "admin" };
const ARGO = { fieldManager: "workflow-controller" };

/** An API server with Argo's kinds, for one spec file; what Argo does with a workflow is played by the test. */
export class ArgoBench {
  namespace = "";
  /** What an engine works through; what it asks is noted. */
  readonly engineApi: KubeApi;

  private constructor(
    private readonly cluster: OpenedCluster,
    private readonly connection: KubeConnection,
    private readonly recording: RecordingConnection,
    /** Of a person who may do everything. */
    readonly api: KubeApi,
  ) {
    this.engineApi = openKubeApi(recording);
  }

  static async open(): Promise<ArgoBench> {
    const cluster = await openCluster();
    const { kubeconfigPath, target } = cluster;
    await applyDefinitions(
      kubeconfigPath,
      target === "simulator" ? permissiveArgoDefinitions() : argoDefinitions(),
    );
    const connection = loadKubeConnection({ kubeconfig: kubeconfigPath });
    const recording = new RecordingConnection(
      connection,
      ADMISSION_USERS.agentNamespace,
    );
    const api = openKubeApi(connection);
    const bench = new ArgoBench(cluster, connection, recording, api);
    // The list of kinds lags behind what is answered.
    for (const kind of [WORKFLOW, WORKFLOW_TEMPLATE])
      for (const client of [api, bench.engineApi])
        await eventually(`${kind.kind} is served`, () => client.serves(kind));
    return bench;
  }

  async close(): Promise<void> {
    keepPermissionUses(this.uses);
    await this.connection.close();
    await this.cluster.stop();
  }

  /** What was asked of RBAC for what the engine did. */
  get uses() {
    return this.recording.uses;
  }

  /** A namespace of its own for a test, with the runner's account and this template. */
  async enterNamespace(template: string, parameters: object[]): Promise<void> {
    this.namespace = `workflows-${newId().slice(-12)}`;
    const { namespace } = this;
    const name = OPERATION_RUNNER_SERVICE_ACCOUNT;
    await this.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    await this.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    });
    await this.put({
      ...WORKFLOW_TEMPLATE,
      metadata: { name: template, namespace },
      spec: {
        entrypoint: "main",
        arguments: { parameters },
        templates: [
          { name: "main", container: { image: "tools:1", command: ["true"] } },
        ],
      },
    });
  }

  async put(object: KubeObject): Promise<void> {
    await this.api.apply(object, { ...ADMIN, force: true });
  }

  workflowOf(uid: string): Promise<Workflow | undefined> {
    const { namespace } = this;
    const name = engineObjectName(uid);
    return this.api.get<Workflow>({ ...WORKFLOW, namespace, name });
  }

  /** What Argo says of a workflow from now on. */
  async play(
    uid: string,
    status: NonNullable<Workflow["status"]>,
  ): Promise<void> {
    const { namespace } = this;
    const ref = { ...WORKFLOW, namespace, name: engineObjectName(uid) };
    await this.api.patch(ref, { status }, ARGO);
  }
}
