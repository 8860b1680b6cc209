import {
  type KubeClient,
  type KubeConnection,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import { ADMISSION_USERS } from "@vworkspace/resources";
import { applyDefinitions } from "../../../../test/cluster/install-crds";
import { keepPermissionUses } from "../../../../test/cluster/keep-permission-uses";
import {
  type OpenedCluster,
  openCluster,
} from "../../../../test/cluster/open-cluster";
import { RecordingConnection } from "./recording-connection";

const ADMIN = { fieldManager: "admin" };

/** A cluster that holds these definitions; it is stopped where it refuses one. */
export async function clusterWith(
  definitions: (
    target: OpenedCluster["target"],
  ) => readonly KubeObject[] = () => [],
): Promise<OpenedCluster> {
  const cluster = await openCluster();
  try {
    const { kubeconfigPath, target } = cluster;
    await applyDefinitions(kubeconfigPath, definitions(target));
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** A cluster for the courses of engines, for one spec file: from the side of a person, and from that of an engine. */
export class EngineCluster {
  /** Of a person who may do everything. */
  readonly api: KubeClient;
  /** What an engine works through; what it asks is noted. */
  readonly engineApi: KubeClient;
  protected readonly recording: RecordingConnection;
  private readonly connection: KubeConnection;

  constructor(protected readonly cluster: OpenedCluster) {
    const kubeconfig = cluster.kubeconfigPath;
    this.connection = loadKubeConnection({ kubeconfig });
    this.api = openKubeApi(this.connection);
    const { agentNamespace } = ADMISSION_USERS;
    this.recording = new RecordingConnection(this.connection, agentNamespace);
    this.engineApi = openKubeApi(this.recording);
  }

  async close(): Promise<void> {
    keepPermissionUses(this.uses);
    await this.connection.close();
    await this.cluster.stop();
  }

  /** What was asked of RBAC for what the engines did. */
  get uses() {
    return this.recording.uses;
  }

  /** As a person applies it. */
  async put(object: KubeObject): Promise<void> {
    await this.api.apply(object, { ...ADMIN, force: true });
  }
}
