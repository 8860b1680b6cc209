import type { ApplicationInstanceStatus } from "@vworkspace/resources";
import { instance, observation } from "../../testing/flux-objects";
import type { Decision } from "./instance.decide";
import { instanceStatus } from "./instance.status";
import type { Observation } from "./observation";

const NOW = "2026-01-01T00:00:00.000Z";
const LATER = "2026-01-01T00:10:00.000Z";

function statusOf(
  seen: Observation,
  decision: Decision = {},
  now = NOW,
): ApplicationInstanceStatus | undefined {
  return instanceStatus(seen, decision, { intentGeneration: 5, now });
}

function conditionsOf(status: ApplicationInstanceStatus | undefined) {
  const conditions = status?.conditions ?? [];
  return Object.fromEntries(
    conditions.map(({ type, status: value, reason }) => [
      type,
      `${value} ${reason}`,
    ]),
  );
}

/** The next look at an instance whose status was written. */
function after(
  status: ApplicationInstanceStatus | undefined,
  over: Partial<Observation> = {},
  spec: Record<string, unknown> = {},
): Observation {
  return observation({ instance: instance(spec, {}, status), ...over });
}

describe("The status of an instance", () => {
  it("says what is deployed and for which generation it speaks", () => {
    const status = statusOf(observation());
    expect(conditionsOf(status)).toEqual({
      Ready: "True HelmReleaseReady",
      Reconciling: "False Stable",
    });
    expect(status).toMatchObject({
      observedGeneration: 1,
      intentGeneration: 5,
      helmReleaseRef: { name: "web", namespace: "shop" },
      lastAppliedChart: { sourceType: "oci", version: "1.2.3+aaaa" },
      history: [{ revision: 1, status: "deployed" }],
      lastReconcileTime: NOW,
    });
  });

  it("is not written again when only time has passed", () => {
    const first = statusOf(observation());
    expect(statusOf(after(first), {}, LATER)).toBe(undefined);
  });

  it("keeps the time of a transition until the condition's status changes", () => {
    const first = statusOf(observation());
    const second = statusOf(
      after(first, { isReleaseAsDesired: false }),
      {},
      LATER,
    );
    const times = Object.fromEntries(
      (second?.conditions ?? []).map((item) => [
        item.type,
        item.lastTransitionTime,
      ]),
    );
    expect(times).toEqual({ Ready: LATER, Reconciling: LATER });
    const third = statusOf(after(second, { isReleaseAsDesired: false }));
    expect(third).toBe(undefined);
  });

  it("says blocked, and later that it no longer is, and never that what never was has passed", () => {
    const blocked = { reason: "ReleaseNameTaken", message: "held by x" };
    const { release: _, source: __, ...bare } = observation();
    const first = statusOf(bare, { blocked });
    expect(conditionsOf(first)).toEqual({
      Ready: "Unknown Reconciling",
      Reconciling: "False Stable",
      Blocked: "True ReleaseNameTaken",
    });
    expect(conditionsOf(statusOf(after(first)))).toMatchObject({
      Blocked: "False Unblocked",
      Ready: "True HelmReleaseReady",
    });
  });

  it("says suspended only once Flux is, and keeps what Ready said last", () => {
    const first = statusOf(observation());
    const running = observation().release;
    const suspended = after(first, {}, { suspend: true });
    const early = { ...suspended, ...(running && { release: running }) };
    expect(conditionsOf(statusOf(early))).not.toHaveProperty("Suspended");
    expect(conditionsOf(statusOf(suspended))).toMatchObject({
      Ready: "True HelmReleaseReady",
      Suspended: "True ManuallySuspended",
    });
  });

  it("says what a decision knows better than the derived objects", () => {
    const unready = { reason: "WaitingForSecret", message: "no Secret" };
    expect(conditionsOf(statusOf(observation(), { unready }))).toMatchObject({
      Ready: "False WaitingForSecret",
    });
  });

  it("says that it is being deleted", () => {
    const deleting = { reason: "Uninstalling", message: "" };
    expect(conditionsOf(statusOf(observation(), { deleting }))).toEqual({
      Ready: "Unknown Reconciling",
      Deleting: "True Uninstalling",
    });
  });

  it("lists endpoints, and removes them when they are gone", () => {
    const endpoints = [{ name: "web", url: "https://web.example.com" }];
    const first = statusOf(observation({ endpoints }));
    expect(first?.endpoints).toEqual(endpoints);
    expect(statusOf(after(first, { endpoints: [] }))?.endpoints).toEqual([]);
    expect(statusOf(after(first))).toBe(undefined);
  });
});
