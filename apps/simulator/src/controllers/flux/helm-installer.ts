import { valueAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { HelmStep } from "../../script/course";
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

/** A revision with the content of an earlier one. */
export interface Rollback {
  readonly version: number;
  readonly plan: HelmPlan;
  readonly toVersion: number;
}

const PROBLEMS: Readonly<Record<HelmStep, string | undefined>> = {
  succeeds: undefined,
  fails:
    "failed post-install: 1 error occurred: * job migrate failed: BackoffLimitExceeded",
  "times-out": "context deadline exceeded",
};

/** The part of Helm that the stand-in has: objects applied and removed, release Secrets kept. */
export class HelmInstaller {
  private readonly storage: HelmStorage;

  constructor(private readonly cluster: ClusterAccess) {
    this.storage = new HelmStorage(cluster);
  }

  /** @param step how its course lets it end */
  run(
    release: KubeObject,
    plan: HelmPlan,
    { step, now }: { readonly step: HelmStep; readonly now: string },
  ): Attempt {
    const { releaseName, storageNamespace } = plan;
    const manifest = chartObjects(release, plan);
    const problem =
      this.foreignObject(release, plan, manifest) ?? PROBLEMS[step];
    if (!problem) for (const object of manifest) this.cluster.apply(object);
    const version = this.storage.lastVersion(storageNamespace, releaseName) + 1;
    const status = problem ? "failed" : "deployed";
    this.storage.save({ plan, version, status, manifest, now });
    return { version, problem };
  }

  /** Puts back what was deployed before, as a new revision. @returns undefined when nothing was */
  rollback(
    release: KubeObject,
    plan: HelmPlan,
    now: string,
  ): Rollback | undefined {
    const { releaseName, storageNamespace } = plan;
    const back = this.storage.deployed(storageNamespace, releaseName);
    if (!back) return undefined;
    const earlier = { ...plan, ...back.content };
    const manifest = chartObjects(release, earlier);
    for (const object of manifest) this.cluster.apply(object);
    const version = this.storage.lastVersion(storageNamespace, releaseName) + 1;
    const stored = { plan: earlier, version, manifest, now };
    this.storage.save({ ...stored, status: "deployed" });
    return { version, plan: earlier, toVersion: back.version };
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
