import type { Fields } from "../../json";
import type { KubeObject } from "../../kube-object";
import { sha256 } from "./artifacts";
import type { FluxCondition } from "./flux-conditions";
import { historyOf, timeoutMsOf, type HelmPlan } from "./helm-plan";
import type { Attempt, Rollback } from "./helm-installer";

/** What is written into a HelmRelease's status. */
export interface ReleaseReport {
  readonly fields: Fields;
  readonly conditions: readonly FluxCondition[];
  readonly dropped: readonly string[];
}

/** An action is about to run. */
export function running(release: KubeObject, plan: HelmPlan): ReleaseReport {
  const timeout = goDuration(timeoutMsOf(release));
  const message = `Running '${plan.action}' action with timeout of ${timeout}`;
  const progress = { reason: "Progressing", message };
  return {
    fields: {},
    conditions: [
      { type: "Reconciling", status: "True", ...progress },
      { type: "Ready", status: "Unknown", ...progress },
    ],
    dropped: ["Stalled"],
  };
}

/** The release cannot be made yet, for a reason outside Helm. observedGeneration does not move. */
export function waiting(reason: string, message: string): ReleaseReport {
  return {
    fields: {},
    conditions: [{ type: "Ready", status: "False", reason, message }],
    dropped: ["Reconciling", "Stalled"],
  };
}

/** Helm has run; `failures` counts this attempt, `retries` how many more there may be in all. */
export function attempted(
  release: KubeObject,
  plan: HelmPlan,
  attempt: Attempt,
  context: {
    readonly now: string;
    readonly failures: number;
    readonly retries: number;
  },
): ReleaseReport {
  const fields = {
    ...attemptFields(release, plan),
    history: [
      entry(plan, attempt, context.now),
      ...superseded(release, attempt),
    ].slice(0, 5),
    failures: context.failures,
  };
  return attempt.problem === undefined
    ? succeeded(release, plan, { fields, version: attempt.version })
    : failed(release, plan, { fields, problem: attempt.problem, ...context });
}

/** What has been released is what is wanted: only said again. */
export function unchanged(release: KubeObject, plan: HelmPlan): ReleaseReport {
  const version = Number(historyOf(release)[0]?.["version"] ?? 1);
  return succeeded(release, plan, {
    fields: attemptFields(release, plan),
    version,
  });
}

function succeeded(
  release: KubeObject,
  plan: HelmPlan,
  { fields, version }: { fields: Fields; version: number },
): ReleaseReport {
  const action = version === 1 ? "install" : "upgrade";
  const done = {
    status: "True" as const,
    reason: action === "install" ? "InstallSucceeded" : "UpgradeSucceeded",
    message: `Helm ${action} succeeded for release ${nameOf(plan)}.v${version} with chart ${chartOf(plan)}`,
  };
  return {
    fields: { ...fields, observedGeneration: release.metadata.generation },
    conditions: [
      { type: "Ready", ...done },
      { type: "Released", ...done },
    ],
    dropped: ["Reconciling", "Stalled", "Remediated"],
  };
}

/** The release is put right again where others changed it. */
export function correcting(): ReleaseReport {
  const ready = {
    type: "Ready",
    status: "Unknown",
    reason: "Progressing",
    message: "correcting cluster drift",
  } as const;
  return { fields: {}, conditions: [ready], dropped: [] };
}

/** What a failed attempt had left is gone. */
export function uninstalled(
  release: KubeObject,
  plan: HelmPlan,
): ReleaseReport {
  const [newest, ...older] = historyOf(release);
  const done = {
    reason: "UninstallSucceeded",
    message: `Helm uninstall remediation for release ${nameOf(plan)}.v${Number(newest?.["version"] ?? 1)} with chart ${chartOf(plan)} succeeded`,
  };
  const history = [{ ...newest, status: "uninstalled" }, ...older];
  return remediated({ history }, done);
}

/** Any remediation leaves Ready at False, and says itself there. */
function remediated(
  fields: Fields,
  done: { readonly reason: string; readonly message: string },
): ReleaseReport {
  return {
    fields,
    conditions: [
      { type: "Ready", status: "False", ...done },
      { type: "Remediated", status: "True", ...done },
    ],
    dropped: [],
  };
}

/** After a failed upgrade Helm went back; the failure stays said, and Ready says what was done about it. */
export function rolledBack(
  release: KubeObject,
  { plan, version, toVersion }: Rollback,
  now: string,
): ReleaseReport {
  const done = {
    reason: "RollbackSucceeded",
    message: `Helm rollback to previous release ${nameOf(plan)}.v${toVersion} with chart ${chartOf(plan)} succeeded`,
  };
  const attempt = { version, problem: undefined };
  const history = [
    entry(plan, attempt, now),
    ...superseded(release, attempt),
  ].slice(0, 5);
  return remediated({ history }, done);
}

function failed(
  release: KubeObject,
  plan: HelmPlan,
  outcome: {
    fields: Fields;
    problem: string;
    failures: number;
    retries: number;
  },
): ReleaseReport {
  const { action } = plan;
  const why = {
    status: "False" as const,
    reason: action === "install" ? "InstallFailed" : "UpgradeFailed",
    message: `Helm ${action} failed for release ${nameOf(plan)} with chart ${chartOf(plan)}: ${outcome.problem}`,
  };
  const conditions: FluxCondition[] = [
    { type: "Ready", ...why },
    { type: "Released", ...why },
  ];
  if (outcome.failures <= outcome.retries)
    return { fields: outcome.fields, conditions, dropped: ["Stalled"] };
  conditions.push({
    type: "Stalled",
    status: "True",
    reason: "RetriesExceeded",
    message: `Failed to ${action} after ${outcome.failures} attempt(s)`,
  });
  return {
    fields: {
      ...outcome.fields,
      observedGeneration: release.metadata.generation,
    },
    conditions,
    dropped: ["Reconciling"],
  };
}

function attemptFields({ metadata }: KubeObject, plan: HelmPlan): Fields {
  return {
    storageNamespace: plan.storageNamespace,
    lastAttemptedGeneration: metadata.generation,
    lastAttemptedReleaseAction: plan.action,
    lastAttemptedRevision: plan.chartVersion,
    lastAttemptedRevisionDigest: plan.revisionDigest ?? null,
    lastAttemptedConfigDigest: plan.configDigest,
    failures: 0,
  };
}

function entry(plan: HelmPlan, attempt: Attempt, now: string): Fields {
  return {
    name: plan.releaseName,
    namespace: plan.namespace,
    version: attempt.version,
    status: attempt.problem === undefined ? "deployed" : "failed",
    chartName: plan.chartName,
    chartVersion: plan.chartVersion,
    configDigest: plan.configDigest,
    digest: sha256(`${nameOf(plan)}.v${attempt.version} ${chartOf(plan)}`),
    firstDeployed: now,
    lastDeployed: now,
  };
}

/** Earlier releases; the one that was deployed gives way to a new one that is. */
function superseded(release: KubeObject, attempt: Attempt): Fields[] {
  return historyOf(release).map((one) =>
    one["status"] === "deployed" && attempt.problem === undefined
      ? { ...one, status: "superseded" }
      : one,
  );
}

function nameOf({ namespace, releaseName }: HelmPlan): string {
  return `${namespace}/${releaseName}`;
}

function chartOf({ chartName, chartVersion }: HelmPlan): string {
  return `${chartName}@${chartVersion}`;
}

/** `5m0s`, as Go writes a duration of whole seconds. */
function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60),
  ];
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
