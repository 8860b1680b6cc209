import type { FluxCourse } from "./flux-course";
import {
  condition,
  deployedHistory,
  failedHistory,
  type Release,
  type Snapshot,
  snapshot,
} from "./flux-status";

/** What helm-controller makes of one look at a release. */
export interface Outcome {
  readonly history: readonly Snapshot[];
  readonly conditions: readonly object[];
  readonly installFailures?: number;
}

/** @param version of the chart that is to be deployed */
export function outcomeOf(
  release: Release,
  version: string,
  course: FluxCourse,
): Outcome {
  const { history = [], installFailures = 0 } = release.status ?? {};
  const isInstalled = history.some(({ status }) => status !== "failed");
  const { failedInstalls = 0 } = course;
  if (!isInstalled && installFailures < failedInstalls)
    return failedInstall(release, version, installFailures + 1);
  if (course.isNeverReady) return waiting(release, version);
  const failure = isInstalled && upgradeFailure(release, version, course);
  return failure || succeeded(release, version, course);
}

/** Only another version than the one that runs can fail. */
function upgradeFailure(
  release: Release,
  version: string,
  { doUpgradesFail = false }: FluxCourse,
): Outcome | undefined {
  if (!doUpgradesFail) return undefined;
  const { history = [] } = release.status ?? {};
  const isKnown = hasFailed(history, version);
  const isUpgrade = history[0]?.chartVersion !== version;
  return isKnown || isUpgrade
    ? failedUpgrade(release, version, isKnown)
    : undefined;
}

function hasFailed(history: readonly Snapshot[], version: string): boolean {
  return history.some(
    ({ status, chartVersion }) =>
      status === "failed" && chartVersion === version,
  );
}

function succeeded(
  release: Release,
  version: string,
  { readySince }: FluxCourse,
): Outcome {
  const { generation = 1 } = release.metadata;
  const words = {
    reason: "InstallSucceeded",
    message: "installed",
    ...(readySince && { at: readySince }),
  };
  return {
    history: deployedHistory(release, version),
    conditions: [condition("Ready", true, generation, words)],
  };
}

function waiting(release: Release, version: string): Outcome {
  const { generation = 1 } = release.metadata;
  const words = {
    reason: "Progressing",
    message: "Running 'install' action with timeout of 5m0s",
  };
  return {
    history: [{ ...snapshot(release, version, 1), status: "pending-install" }],
    conditions: [
      condition("Ready", "Unknown", generation, words),
      condition("Reconciling", true, generation, words),
    ],
  };
}

function failedInstall(
  release: Release,
  version: string,
  installFailures: number,
): Outcome {
  const { generation = 1 } = release.metadata;
  const words = {
    reason: "InstallFailed",
    message: `Helm install failed for release ${release.spec.releaseName}: context deadline exceeded`,
  };
  return {
    history: [{ ...snapshot(release, version, 1), status: "failed" }],
    installFailures,
    conditions: [condition("Ready", false, generation, words)],
  };
}

/** Once; then nothing more is tried for this version. */
function failedUpgrade(
  release: Release,
  version: string,
  isKnown: boolean,
): Outcome {
  const { generation = 1 } = release.metadata;
  const { history = [] } = release.status ?? {};
  const isRolledBack =
    release.spec.upgrade?.remediation?.strategy === "rollback";
  const ready = isRolledBack
    ? {
        reason: "RollbackSucceeded",
        message: "Helm rollback to previous release succeeded",
      }
    : { reason: "UpgradeFailed", message: "Helm upgrade failed: timed out" };
  const stalled = {
    reason: "RetriesExceeded",
    message: "Failed to upgrade after 3 attempt(s)",
  };
  return {
    history: isKnown ? history : failedHistory(release, version, isRolledBack),
    conditions: [
      condition("Ready", false, generation, ready),
      condition("Stalled", true, generation, stalled),
    ],
  };
}
