import type { Clock } from "@vworkspace/kernel";
import { fieldsAt, valueAt } from "../json";
import type { KubeObject } from "../kube-object";
import { DEPLOYMENTS } from "../resources/built-in";
import { storageKey } from "../resources/resource-type";
import type { Change } from "../store/store";
import { refOf, type ClusterAccess } from "./cluster-access";
import type { Controller } from "./controller";
import { DelayedWork } from "./delayed-work";

const DEPLOYMENTS_KEY = storageKey(DEPLOYMENTS);

/** Every Deployment has its replicas at once: there are no nodes, so nothing can fail to start. */
export class DeploymentController implements Controller {
  private readonly work: DelayedWork;

  constructor(
    private readonly cluster: ClusterAccess,
    private readonly clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.work = new DelayedWork(clock, (key) => this.sync(key), onError);
  }

  onChange({ resource, type, key }: Change): void {
    if (resource === DEPLOYMENTS_KEY && type !== "DELETED")
      this.work.schedule(key);
  }

  stop(): void {
    this.work.stop();
  }

  private sync(key: string): void {
    const deployment = this.cluster.api.store.get(DEPLOYMENTS_KEY, key);
    if (!deployment) return;
    const { generation } = deployment.metadata;
    const status = fieldsAt(deployment, "status");
    if (status["observedGeneration"] === generation) return;
    this.cluster.patch(
      refOf(deployment),
      { status: this.statusOf(deployment) },
      "status",
    );
  }

  private statusOf(deployment: KubeObject): object {
    const replicas = valueAt(deployment, "spec", "replicas") ?? 1;
    const now = this.clock.timestamp().replace(/\.\d+Z$/, "Z");
    const old = fieldsAt(deployment, "status");
    return {
      observedGeneration: deployment.metadata.generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      conditions:
        old["conditions"] === undefined
          ? [
              {
                type: "Available",
                status: "True",
                reason: "MinimumReplicasAvailable",
                message: "Deployment has minimum availability.",
                lastUpdateTime: now,
                lastTransitionTime: now,
              },
            ]
          : old["conditions"],
    };
  }
}
