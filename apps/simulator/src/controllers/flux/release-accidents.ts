import { valueAt } from "../../json";
import { objectKey, type KubeObject } from "../../kube-object";
import type { CourseFacts } from "../../script/course.decide";
import { refOf, type ClusterAccess } from "../cluster-access";
import { DelayedWork } from "../delayed-work";
import { chartObjects } from "./chart-objects";
import type { HelmPlan } from "./helm-plan";
import { HELM_RELEASE } from "./flux-kinds";
import type { Surroundings } from "../paced-work";

interface Planned {
  readonly plan: HelmPlan;
  readonly facts: CourseFacts;
}

/** What its course has in store for a release that is deployed, done by somebody who is neither Flux nor we. */
export class ReleaseAccidents {
  private readonly planned = new Map<string, Planned>();
  private readonly work: DelayedWork;

  /** @param cluster under the name of that somebody */
  constructor(
    private readonly cluster: ClusterAccess,
    private readonly surroundings: Surroundings,
  ) {
    const { clock, onError } = surroundings;
    this.work = new DelayedWork(clock, (key) => this.happen(key), onError);
  }

  onDeployed(release: KubeObject, plan: HelmPlan, facts: CourseFacts): void {
    const key = keyOf(release);
    const accident = this.surroundings.courses.afterwards(key, facts);
    if (!accident) return;
    this.planned.set(key, { plan, facts });
    this.work.schedule(key, Math.max(1, accident.afterMs));
  }

  stop(): void {
    this.work.stop();
  }

  private happen(key: string): void {
    const planned = this.planned.get(key);
    this.planned.delete(key);
    const [namespace, name = ""] = key.split("/");
    const release = this.cluster.get({ ...HELM_RELEASE, namespace, name });
    if (!planned || !release) return;
    const { courses } = this.surroundings;
    const accident = courses.afterwards(key, planned.facts);
    if (!accident) return;
    courses.tookPlace(key);
    if (accident.event === "vanishes") this.cluster.delete(refOf(release));
    else this.scale(release, planned.plan);
  }

  private scale(release: KubeObject, plan: HelmPlan): void {
    const deployment = chartObjects(release, plan).find(
      ({ kind }) => kind === "Deployment",
    );
    if (!deployment) return;
    const replicas = Number(valueAt(deployment, "spec", "replicas")) + 1;
    this.cluster.patch(refOf(deployment), { spec: { replicas } });
  }
}

function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata.namespace, metadata.name);
}
