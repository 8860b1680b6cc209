import { fieldsAt, isEqual, stringAt, valueAt } from "../../json";
import { objectKey, type KubeObject } from "../../kube-object";
import type { Change } from "../../store/store";
import { refOf, type ClusterAccess } from "../cluster-access";
import type { Controller } from "../controller";
import { DelayedWork } from "../delayed-work";
import { factsOfRelease } from "./course-facts";
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
  intervalMsOf,
  isReleased,
  planRelease,
  remediationOf,
  retriesOf,
  timeoutMsOf,
  type HelmPlan,
} from "./helm-plan";
import { readValues } from "./helm-values";
import { drawPace, PacedWork, type Surroundings } from "../paced-work";
import { ReleaseAccidents } from "./release-accidents";
import { ReleaseDrift } from "./release-drift";
import { chartOfTemplate, findSource, sourceRefOf } from "./release-source";
import {
  attempted,
  correcting,
  rolledBack,
  running,
  unchanged,
  uninstalled,
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
  private readonly drift: ReleaseDrift;
  private readonly accidents: ReleaseAccidents;
  private readonly work: PacedWork;
  private readonly comparing: DelayedWork;

  /** @param somebody who causes the accidents that a course has in store */
  constructor(
    private readonly cluster: ClusterAccess,
    private readonly surroundings: Surroundings,
    somebody: ClusterAccess,
  ) {
    this.installer = new HelmInstaller(cluster);
    this.drift = new ReleaseDrift(cluster);
    this.accidents = new ReleaseAccidents(somebody, surroundings);
    const { clock, onError } = surroundings;
    this.comparing = new DelayedWork(
      clock,
      (key) => this.compare(key),
      onError,
    );
    this.work = new PacedWork(surroundings, {
      look: (key) => this.look(key),
      finish: (key) => this.finish(key),
    });
  }

  onChange({ resource, key, type, object }: Change): void {
    if (resource === RESOURCE_OF.HelmRelease && type !== "DELETED")
      this.work.look(key);
    this.compareAfter(object);
    if (!SOURCES.includes(resource)) return;
    for (const follower of this.followers.get(`${object.kind} ${key}`) ?? [])
      this.work.look(follower);
  }

  stop(): void {
    this.work.stop();
    this.comparing.stop();
    this.accidents.stop();
  }

  /** What a release has installed was changed by somebody, perhaps by Helm itself. */
  private compareAfter({ kind, metadata }: KubeObject): void {
    const name = metadata.labels?.["helm.toolkit.fluxcd.io/name"];
    if (name === undefined || kind === HELM_CHART.kind) return;
    const key = objectKey(metadata.namespace, name);
    this.comparing.schedule(key, drawPace(this.surroundings));
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
      this.report(release, running(release, plan));
      this.begin(release, plan, key);
    }
  }

  /** An attempt takes its time; one that times out, all of it. */
  private begin(release: KubeObject, plan: HelmPlan, key: string): void {
    const { courses } = this.surroundings;
    const facts = factsOfRelease(release, plan, this.cluster);
    const step = courses.peek(plan.action, release.metadata.uid ?? "", facts);
    if (step === "times-out") this.work.finish(key, timeoutMsOf(release));
    else this.work.finish(key);
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
    this.attempt(release, plan, key);
  }

  private attempt(release: KubeObject, plan: HelmPlan, key: string): void {
    const now = this.now();
    const { courses } = this.surroundings;
    const facts = factsOfRelease(release, plan, this.cluster);
    const step = courses.take(plan.action, release.metadata.uid ?? "", facts);
    const attempt = this.installer.run(release, plan, { step, now });
    const retries = retriesOf(release, plan);
    const failures =
      attempt.problem === undefined ? 0 : failuresOf(release, plan) + 1;
    const context = { now, failures, retries };
    this.report(release, attempted(release, plan, attempt, context));
    if (failures === 0) this.accidents.onDeployed(release, plan, facts);
    else this.remediate(key, plan, failures);
    if (failures > 0 && failures <= retries) this.work.finish(key);
  }

  private remediate(key: string, plan: HelmPlan, failures: number): void {
    const release = this.find(key);
    if (!release) return;
    const remediation = remediationOf(release, plan, failures);
    if (remediation === undefined) return;
    if (remediation === "uninstall") {
      this.installer.uninstall(release, plan);
      this.report(release, uninstalled(release, plan));
      return;
    }
    const now = this.now();
    const rollback = this.installer.rollback(release, plan, now);
    if (rollback) this.report(release, rolledBack(release, rollback, now));
  }

  /** Only of a release that is as wanted. A real controller looks once in an interval, this one also when something changed. */
  private compare(key: string): void {
    const release = this.find(key);
    if (!release || isSuspended(release)) return;
    if (release.metadata.deletionTimestamp !== undefined) return;
    const plan = this.plan(release);
    if (!plan || !isReleased(release, plan)) return;
    const done = this.drift.check(release, plan, {
      now: this.now(),
      onCorrecting: () => this.report(release, correcting()),
    });
    // While it lasts, it is told again.
    if (done === "told") this.comparing.schedule(key, intervalMsOf(release));
    const corrected = done === "corrected" && this.find(key);
    if (corrected) this.report(corrected, unchanged(corrected, plan));
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
