import { fieldsAt, isEqual, stringAt, valueAt } from "../../json";
import { objectKey, type KubeObject } from "../../kube-object";
import type { Change } from "../../store/store";
import { refOf, type ClusterAccess } from "../cluster-access";
import type { Controller } from "../controller";
import { isObserved, isTrue, withConditions } from "./flux-conditions";
import {
  FLUX_FINALIZER,
  HELM_CHART,
  REQUESTED_AT,
  RESOURCE_OF,
} from "./flux-kinds";
import { HelmInstaller } from "./helm-installer";
import {
  failuresOf,
  historyOf,
  isReleased,
  planRelease,
  retriesOf,
  type HelmPlan,
} from "./helm-plan";
import { readValues } from "./helm-values";
import { PacedWork, type FluxSurroundings } from "./paced-work";
import { chartOfTemplate, findSource, sourceRefOf } from "./release-source";
import {
  attempted,
  running,
  unchanged,
  waiting,
  type ReleaseReport,
} from "./release-status";

const SOURCES: readonly string[] = [
  RESOURCE_OF.OCIRepository,
  RESOURCE_OF.HelmChart,
];

/** Stands in for Flux's helm-controller: follows a HelmRelease to a release of a chart that is nothing but its name. */
export class HelmController implements Controller {
  /** Which HelmReleases wait for or follow a source, by the source's kind, namespace and name. */
  private readonly followers = new Map<string, Set<string>>();
  private readonly installer: HelmInstaller;
  private readonly work: PacedWork;

  constructor(
    private readonly cluster: ClusterAccess,
    private readonly surroundings: FluxSurroundings,
  ) {
    this.installer = new HelmInstaller(cluster);
    this.work = new PacedWork(surroundings, {
      look: (key) => this.look(key),
      finish: (key) => this.finish(key),
    });
  }

  onChange({ resource, key, type, object }: Change): void {
    if (resource === RESOURCE_OF.HelmRelease && type !== "DELETED")
      this.work.look(key);
    if (!SOURCES.includes(resource)) return;
    for (const follower of this.followers.get(`${object.kind} ${key}`) ?? [])
      this.work.look(follower);
  }

  stop(): void {
    this.work.stop();
  }

  private look(key: string): void {
    const release = this.find(key);
    if (!release) return;
    if (release.metadata.deletionTimestamp !== undefined) {
      if (isSuspended(release)) this.letGo(release);
      else this.work.finish(key);
      return;
    }
    this.cluster.addFinalizer(release, FLUX_FINALIZER);
    if (isSuspended(release)) return;
    this.follow(release, key);
    this.reconcileChart(release);
    const plan = this.plan(release);
    if (!plan) return;
    if (isReleased(release, plan))
      this.report(release, unchanged(release, plan));
    else if (!isGivenUp(release, plan)) {
      this.report(release, running(plan));
      this.work.finish(key);
    }
  }

  private finish(key: string): void {
    const release = this.find(key);
    if (!release || isSuspended(release)) return;
    if (release.metadata.deletionTimestamp !== undefined) {
      this.uninstall(release);
      this.letGo(release);
      return;
    }
    const plan = this.plan(release);
    if (!plan || isReleased(release, plan) || isGivenUp(release, plan)) return;
    const now = this.now();
    const attempt = this.installer.run(release, plan, now);
    const retries = retriesOf(release, plan);
    const failures =
      attempt.problem === undefined ? 0 : failuresOf(release, plan) + 1;
    const context = { now, failures, retries };
    this.report(release, attempted(release, plan, attempt, context));
    if (failures > 0 && failures <= retries) this.work.finish(key);
  }

  private find(key: string): KubeObject | undefined {
    return this.cluster.api.store.get(RESOURCE_OF.HelmRelease, key);
  }

  private follow(release: KubeObject, key: string): void {
    const { kind, namespace, name } = sourceRefOf(release);
    const source = `${kind} ${objectKey(namespace, name)}`;
    const own = this.followers.get(source) ?? new Set();
    this.followers.set(source, own.add(key));
  }

  /** spec.chart is a template: its HelmChart is made, changed, or taken away when chartRef takes its place. */
  private reconcileChart(release: KubeObject): void {
    const chart = chartOfTemplate(release);
    const current = stringAt(release, "status", "helmChart");
    const wanted = chart
      ? `${chart.metadata.namespace ?? ""}/${chart.metadata.name}`
      : "";
    if (current !== "" && current !== wanted) this.deleteChart(current);
    if (chart) this.cluster.apply(chart);
    if (current === wanted) return;
    const status = { helmChart: wanted || null };
    this.cluster.patch(refOf(release), { status }, "status");
  }

  private deleteChart(reference: string): void {
    const [namespace, name = ""] = reference.split("/");
    this.cluster.delete({ ...HELM_CHART, namespace, name });
  }

  /** @returns undefined when something is missing; status says what */
  private plan(release: KubeObject): HelmPlan | undefined {
    const found = findSource(release, this.cluster);
    if ("reason" in found) {
      this.report(release, waiting(found.reason, found.message));
      return undefined;
    }
    const read = readValues(release, this.cluster);
    if ("problem" in read) {
      this.report(release, waiting("ValuesError", read.problem));
      return undefined;
    }
    return planRelease(release, found.source, read.values);
  }

  private uninstall(release: KubeObject): void {
    const [newest] = historyOf(release);
    if (!newest) return;
    this.installer.uninstall(release, {
      releaseName: stringAt(newest, "name"),
      namespace: stringAt(newest, "namespace"),
      storageNamespace: stringAt(release, "status", "storageNamespace"),
      chartName: stringAt(newest, "chartName"),
      chartVersion: stringAt(newest, "chartVersion"),
      revisionDigest: undefined,
      values: {},
      configDigest: "",
      action: "upgrade",
    });
  }

  private letGo(release: KubeObject): void {
    const chart = stringAt(release, "status", "helmChart");
    if (chart !== "") this.deleteChart(chart);
    this.cluster.removeFinalizer(release, FLUX_FINALIZER);
  }

  private now(): string {
    return this.surroundings.clock.timestamp().replace(/\.\d+Z$/, "Z");
  }

  private report(release: KubeObject, report: ReleaseReport): void {
    const requested = release.metadata.annotations?.[REQUESTED_AT];
    const { conditions: next, dropped } = report;
    const options = { now: this.now(), dropped };
    const status = {
      ...report.fields,
      ...(requested ? { lastHandledReconcileAt: requested } : {}),
      conditions: withConditions(release, next, options),
    };
    const old = fieldsAt(release, "status");
    if (!isEqual(withoutNulls({ ...old, ...status }), old))
      this.cluster.patch(refOf(release), { status }, "status");
  }
}

function withoutNulls(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null),
  );
}

function isSuspended(release: KubeObject): boolean {
  return valueAt(release, "spec", "suspend") === true;
}

/** Stalled on this very plan: only a change of spec, chart or values, or a request, begins anew. */
function isGivenUp(release: KubeObject, plan: HelmPlan): boolean {
  const requested = release.metadata.annotations?.[REQUESTED_AT] ?? "";
  return (
    isTrue(release, "Stalled") &&
    isObserved(release, requested) &&
    failuresOf(release, plan) > retriesOf(release, plan)
  );
}
