import { valueAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import { refOf, type ClusterAccess } from "../cluster-access";
import { chartObjects, isOwned } from "./chart-objects";
import type { HelmPlan } from "./helm-plan";
import { HelmStorage, nameOf } from "./helm-storage";

/** A revision of a release that Helm has tried to make. */
export interface Attempt {
  readonly version: number;
  /** Why it failed; undefined: it is deployed. */
  readonly problem: string | undefined;
}

/** The part of Helm that the stand-in has: objects applied and removed, release Secrets kept. */
export class HelmInstaller {
  private readonly storage: HelmStorage;

  constructor(private readonly cluster: ClusterAccess) {
    this.storage = new HelmStorage(cluster);
  }

  run(release: KubeObject, plan: HelmPlan, now: string): Attempt {
    const { releaseName, storageNamespace } = plan;
    const manifest = chartObjects(release, plan);
    const problem =
      this.foreignObject(release, plan, manifest) ?? scriptedFailure(plan);
    if (!problem) for (const object of manifest) this.cluster.apply(object);
    const version = this.storage.lastVersion(storageNamespace, releaseName) + 1;
    const status = problem ? "failed" : "deployed";
    this.storage.save({ plan, version, status, manifest, now });
    return { version, problem };
  }

  /** Removes what the history's releases have put there. */
  uninstall(release: KubeObject, plan: HelmPlan): void {
    for (const object of chartObjects(release, plan)) {
      const found = this.cluster.get(refOf(object));
      if (found && isOwned(found, plan)) this.cluster.delete(refOf(object));
    }
    this.storage.removeAll(plan.storageNamespace, plan.releaseName);
  }

  private foreignObject(
    release: KubeObject,
    plan: HelmPlan,
    manifest: readonly KubeObject[],
  ): string | undefined {
    const takesOver =
      valueAt(release, "spec", plan.action, "disableTakeOwnership") !== true;
    if (takesOver) return undefined;
    const foreign = manifest
      .map((object) => this.cluster.get(refOf(object)))
      .find((found) => found && !isOwned(found, plan));
    if (!foreign) return undefined;
    return `Unable to continue with ${plan.action}: ${nameOf(foreign)} exists and cannot be imported into the current release: invalid ownership metadata`;
  }
}

/** Names that begin with `failing` and versions that end with `-broken` never become ready: a person can see that, too. */
function scriptedFailure(plan: HelmPlan): string | undefined {
  const [version = ""] = plan.chartVersion.split("+");
  const fails =
    plan.chartName.startsWith("failing") || version.endsWith("-broken");
  return fails ? "context deadline exceeded" : undefined;
}
