import type { KubeObject } from "@vworkspace/kube";
import { deployed, instance, readyCondition } from "../../testing/flux-objects";
import { currentDrift } from "./drift.decide";
import type { HelmRelease } from "./flux";

const AT = "2026-01-01T12:00:00Z";
const NOW = Date.parse(AT) + 60_000;
const MINUTE = 60_000;

function drift(over: Readonly<Record<string, unknown>> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "web.1", namespace: "shop" },
    reason: "DriftDetected",
    involvedObject: { kind: "HelmRelease", name: "web", uid: "u-release" },
    message:
      "Cluster state of release shop/web.v1 has drifted from the desired state:\nDeployment/shop/web changed (0 additions, 1 changes, 0 removals)\nService/shop/web removed",
    lastTimestamp: AT,
    ...over,
  };
}

function release(mode: string, status: HelmRelease["status"] = {}) {
  const of = instance({ drift: { mode } });
  return deployed(of, status);
}

function ready(lastTransitionTime: string) {
  return {
    conditions: [
      { ...readyCondition("True", "InstallSucceeded"), lastTransitionTime },
    ],
  };
}

describe("Drift inside a release", () => {
  it("names the objects as helm-controller does", () => {
    expect(currentDrift(release("warn"), [drift()], NOW)?.drifted.message).toBe(
      "Deployment/shop/web changed (0 additions, 1 changes, 0 removals); Service/shop/web removed",
    );
  });

  it.each([
    ["of another object", { involvedObject: { uid: "u-else" } }],
    ["of another reason", { reason: "DriftCorrected" }],
    ["without a time", { lastTimestamp: null }],
  ])("does not take an event %s for it", (_, over) => {
    expect(currentDrift(release("warn"), [drift(over)], NOW)).toBe(undefined);
  });

  it("is over when helm-controller has not told of it for more than two intervals", () => {
    const seen = (now: number) => currentDrift(release("warn"), [drift()], now);
    const overAtMs = seen(NOW)?.overAtMs ?? 0;
    expect(overAtMs).toBe(Date.parse(AT) + 25 * MINUTE);
    expect(seen(overAtMs - 1)).toBeDefined();
    expect(seen(overAtMs)).toBe(undefined);
  });

  it("goes by the newest of several events, and by the last time of one that is repeated", () => {
    const old = drift({ message: "old\nold", lastTimestamp: AT });
    const repeated = drift({
      message: "new\nnew",
      lastTimestamp: null,
      series: { lastObservedTime: "2026-01-01T12:20:00Z" },
    });
    const now = NOW + 40 * MINUTE;
    for (const events of [
      [old, repeated],
      [repeated, old],
    ])
      expect(currentDrift(release("warn"), events, now)?.drifted.message).toBe(
        "new",
      );
  });

  it("is over when a revision was deployed after it", () => {
    const deployedAt = (lastDeployed: string) =>
      release("warn", {
        history: [{ status: "deployed", chartVersion: "1.2.3", lastDeployed }],
      });
    expect(
      currentDrift(deployedAt("2026-01-01T12:00:30Z"), [drift()], NOW),
    ).toBe(undefined);
    expect(
      currentDrift(deployedAt("2026-01-01T11:00:00Z"), [drift()], NOW),
    ).toBeDefined();
  });

  it("is over in mode enabled as soon as the release is Ready again", () => {
    const corrected = ready("2026-01-01T12:00:02Z");
    const before = ready("2026-01-01T11:00:00Z");
    expect(currentDrift(release("enabled", corrected), [drift()], NOW)).toBe(
      undefined,
    );
    expect(
      currentDrift(release("enabled", before), [drift()], NOW),
    ).toBeDefined();
    expect(
      currentDrift(release("warn", corrected), [drift()], NOW),
    ).toBeDefined();
  });

  it("is none where nothing is compared", () => {
    expect(currentDrift(release("disabled"), [drift()], NOW)).toBe(undefined);
  });
});
