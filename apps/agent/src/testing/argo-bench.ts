import { newId } from "@vworkspace/kernel";
import { OPERATION_RUNNER_SERVICE_ACCOUNT } from "@vworkspace/resources";
import { eventually } from "../../../../test/cluster/eventually";
import { engineObjectName } from "../engines/engine-objects";
import {
  WORKFLOW,
  WORKFLOW_TEMPLATE,
  type Workflow,
} from "../engines/workflow/workflow";
import { argoDefinitions, permissiveArgoDefinitions } from "./argo-definitions";
import { clusterWith, EngineCluster } from "./engine-cluster";

const ARGO = { fieldManager: "workflow-controller" };

/** An API server with Argo's kinds, for one spec file; what Argo does with a workflow is played by the test. */
export class ArgoBench extends EngineCluster {
  namespace = "";

  static async open(): Promise<ArgoBench> {
    const cluster = await clusterWith((target) =>
      target === "simulator" ? permissiveArgoDefinitions() : argoDefinitions(),
    );
    const bench = new ArgoBench(cluster);
    // The list of kinds lags behind what is answered.
    for (const kind of [WORKFLOW, WORKFLOW_TEMPLATE])
      for (const client of [bench.api, bench.engineApi])
        await eventually(`${kind.kind} is served`, () => client.serves(kind));
    return bench;
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
