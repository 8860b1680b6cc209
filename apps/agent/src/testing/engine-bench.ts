import { randomUUID } from "node:crypto";
import {
  type KubeConnection,
  type KubeClient,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import {
  ADMISSION_USERS,
  APPLICATION_INSTANCE,
  customResourceDefinitions,
  type OperationSpec,
} from "@vworkspace/resources";
import { applyDefinitions } from "../../../../test/cluster/install-crds";
import { keepPermissionUses } from "../../../../test/cluster/keep-permission-uses";
import { newNamespace } from "../../../../test/cluster/new-namespace";
import {
  type OpenedCluster,
  openCluster,
} from "../../../../test/cluster/open-cluster";
import type { Engine, EngineReads } from "../engines/engine";
import { EngineCourse } from "./engine-course";
import { interruptedApi } from "./interrupted-api";
import { RecordingConnection } from "./recording-connection";

const ADMIN = { fieldManager: "admin" };

/** A cluster for the courses of one engine, with its kinds and ours. */
export class EngineBench {
  private constructor(
    readonly cluster: OpenedCluster,
    private readonly connection: KubeConnection,
    /** Of a person who may do everything. */
    readonly api: KubeClient,
    /** What engines ask through it is noted. */
    private readonly recording: RecordingConnection,
  ) {}

  static async open(definitions: readonly KubeObject[]): Promise<EngineBench> {
    const cluster = await openCluster();
    const { kubeconfigPath } = cluster;
    const connection = loadKubeConnection({ kubeconfig: kubeconfigPath });
    const ours = customResourceDefinitions().map(({ manifest }) => manifest);
    const bench = new EngineBench(
      cluster,
      connection,
      openKubeApi(connection),
      new RecordingConnection(connection, ADMISSION_USERS.agentNamespace),
    );
    try {
      await applyDefinitions(kubeconfigPath, [...ours, ...definitions]);
      return bench;
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    keepPermissionUses(this.recording.uses);
    await this.connection.close();
    await this.cluster.stop();
  }

  namespace(prefix: string): Promise<string> {
    return newNamespace(this.cluster.kubeconfigPath, prefix);
  }

  create(object: KubeObject): Promise<KubeObject> {
    return this.api.create(object, ADMIN);
  }

  /** An instance that is more than a placeholder. */
  async instance(namespace: string, name: string): Promise<void> {
    const chart = { sourceType: "oci", url: "oci://charts.example.com" };
    await this.create({
      ...APPLICATION_INSTANCE,
      metadata: { name, namespace },
      spec: {
        appRef: { catalogId: "web" },
        release: { name, namespace },
        chart: { ...chart, name, version: "1.0.0" },
      },
    });
  }

  /** A new operation, and what its engine creates. */
  course(
    engine: (reads: Pick<EngineReads, "api">) => Engine,
    place: { readonly namespace: string; readonly now?: () => number },
    spec: Omit<OperationSpec, "targetRef">,
  ) {
    const { api, created } = interruptedApi(openKubeApi(this.recording));
    const uid = randomUUID();
    const course = new EngineCourse(engine({ api }), {
      ...place,
      api,
      uid,
      spec,
    });
    return { course, created, uid, name: `op-${uid}` };
  }
}
