import { randomUUID } from "node:crypto";
import type { KubeObject } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  customResourceDefinitions,
  type OperationSpec,
} from "@vworkspace/resources";
import { newNamespace } from "../../../../test/cluster/new-namespace";
import type { Engine, EngineReads } from "../engines/engine";
import { clusterWith, EngineCluster } from "./engine-cluster";
import { EngineCourse } from "./engine-course";
import { interruptedApi } from "./interrupted-api";

const ADMIN = { fieldManager: "admin" };

/** A cluster for the courses of one engine, with its kinds and ours. */
export class EngineBench extends EngineCluster {
  static async open(definitions: readonly KubeObject[]): Promise<EngineBench> {
    const ours = customResourceDefinitions().map(
      ({ manifest }) => manifest as KubeObject,
    );
    return new EngineBench(await clusterWith(() => [...ours, ...definitions]));
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
    const { api, created } = interruptedApi(this.engineApi);
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
