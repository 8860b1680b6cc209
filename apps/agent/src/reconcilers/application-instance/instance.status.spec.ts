import type { ApplicationInstanceStatus } from "@vworkspace/resources";
import {
  deployed,
  instance,
  observation,
  readyCondition,
} from "../../testing/flux-objects";
import type { Decision } from "./decision";
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

function generationsOf(status: ApplicationInstanceStatus | undefined) {
  const conditions = status?.conditions ?? [];
  return Object.fromEntries(
    conditions.map(({ type, observedGeneration }) => [
      type,
      observedGeneration,
    ]),
  );
}

const FAILED = readyCondition("False", "UpgradeFailed");

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
    const changed = () =>
      [
        { isReleaseAsDesired: false, release: deployed(instance()) },
        { values: { source: "inline", inline: { replicas: 2 } } },
      ] as const;
    const second = statusOf(after(first, ...changed()), {}, LATER);
    const times = Object.fromEntries(
      (second?.conditions ?? []).map((item) => [
        item.type,
        item.lastTransitionTime,
      ]),
    );
    expect(times).toEqual({ Ready: LATER, Reconciling: LATER });
    const third = statusOf(after(second, ...changed()));
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

  it("says nothing before the finalizer is there, so that nothing is said that the next look takes back", () => {
    const adding: Decision = { action: { do: "add-finalizer" } };
    expect(statusOf(observation(), adding)).toBe(undefined);
  });

  it("says suspended when it is decided, and keeps what Ready said last, of the generation it was said of", () => {
    const suspended = { reason: "ManuallySuspended", message: "held back" };
    const first = statusOf(observation());
    const later = {
      ...after(first, { isReleaseAsDesired: false }),
      instance: instance({ suspend: true }, { generation: 2 }, first),
    };
    const second = statusOf(later, { suspended });
    expect(conditionsOf(second)).toMatchObject({
      Ready: "True HelmReleaseReady",
      Suspended: "True ManuallySuspended",
    });
    expect(generationsOf(second)).toMatchObject({ Ready: 1, Suspended: 2 });
    expect(second?.observedGeneration).toBe(2);
  });

  it("judges what was written last while a change waits for its window, and never says Ready of the change", () => {
    const first = statusOf(observation());
    const chart = { ...instance().spec.chart, version: "2.0.0" };
    const waiting = instance({ chart }, { generation: 2 }, first);
    const written = observation({ isReleaseAsDesired: false });
    const suspended = { reason: "MaintenanceWindow", message: "at two" };
    const desired = observation({}, waiting).desired;
    const seen = { ...written, instance: waiting, ...(desired && { desired }) };
    const second = statusOf(seen, { suspended });
    expect(conditionsOf(second)).toMatchObject({
      Ready: "True HelmReleaseReady",
      Suspended: "True MaintenanceWindow",
    });
    expect(generationsOf(second)).toMatchObject({ Ready: 1, Suspended: 2 });
    const failing = deployed(instance(), {
      conditions: [{ ...FAILED, message: "a pod crashed" }],
    });
    const third = statusOf({ ...seen, release: failing }, { suspended });
    expect(conditionsOf(third)).toMatchObject({
      Ready: "False HelmReleaseFailed",
      Degraded: "True HelmReleaseDegraded",
    });
    expect(generationsOf(third)).toMatchObject({ Ready: 1 });
  });

  it("says degraded besides Ready, and later that it recovered, also where nothing else is judged", () => {
    const degraded = { reason: "EndpointUnreachable", message: "no answer" };
    const first = statusOf(observation(), { degraded });
    expect(conditionsOf(first)).toMatchObject({
      Ready: "True HelmReleaseReady",
      Degraded: "True EndpointUnreachable",
    });
    const suspended = { reason: "ManuallySuspended", message: "held back" };
    expect(conditionsOf(statusOf(after(first), { suspended }))).toMatchObject({
      Degraded: "False Recovered",
    });
  });

  it("notes of each revision who asked for it, once", () => {
    const asked = (by: string, generation: string) =>
      instance(
        {},
        {
          annotations: {
            "vworkspace.io/requested-by": by,
            "vworkspace.io/intent-generation": generation,
          },
        },
      );
    const at = (version: number) => ({
      version,
      status: version === 2 ? "deployed" : "superseded",
      chartVersion: "1.2.3",
      lastDeployed: `2026-01-0${version}T00:00:00Z`,
    });
    const ana = asked("ana", "4");
    const first = statusOf(
      observation({ release: deployed(ana, { history: [at(1)] }) }),
    );
    expect(first?.history).toMatchObject([
      { requestedBy: "ana", intentGeneration: 4 },
    ]);
    const release = deployed(asked("bob", "6"), { history: [at(2), at(1)] });
    expect(statusOf(after(first, { release }))?.history).toMatchObject([
      { revision: 2, requestedBy: "bob", intentGeneration: 6 },
      { revision: 1, requestedBy: "ana", intentGeneration: 4 },
    ]);
  });

  it("lists the objects of the release, as many as the schema takes", () => {
    const inventory = Array.from({ length: 600 }, (_, index) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: "shop",
      name: `c${index}`,
    }));
    const first = statusOf(observation({ inventory }));
    expect(first?.inventory).toHaveLength(500);
    expect(statusOf(after(first, { inventory: [] }))?.inventory).toEqual([]);
  });

  it("says what a decision knows better than the derived objects", () => {
    const unready = { reason: "WaitingForSecret", message: "no Secret" };
    expect(conditionsOf(statusOf(observation(), { unready }))).toMatchObject({
      Ready: "False WaitingForSecret",
    });
  });

  it("says that it is being deleted", () => {
    const deleting = { reason: "Uninstalling", message: "" };
    const deletionTimestamp = NOW;
    const going = instance({}, { deletionTimestamp });
    const seen = observation({ instance: going });
    expect(conditionsOf(statusOf(seen, {}))).toEqual({});
    expect(conditionsOf(statusOf(seen, { deleting }))).toEqual({
      Ready: "Unknown Reconciling",
      Deleting: "True Uninstalling",
    });
    const moving = statusOf(
      observation({ release: deployed(instance(), { history: [] }) }),
    );
    expect(conditionsOf(moving)["Reconciling"]).toBe(
      "True HelmReleaseInstalling",
    );
    const stopped = instance({}, { deletionTimestamp }, moving);
    const last = statusOf(observation({ instance: stopped }), { deleting });
    expect(conditionsOf(last)["Reconciling"]).toBe("False Stable");
  });

  it("lists endpoints, and removes them when they are gone", () => {
    const endpoints = [{ name: "web", url: "https://web.example.com" }];
    const first = statusOf(observation({ endpoints }));
    expect(first?.endpoints).toEqual(endpoints);
    expect(statusOf(after(first, { endpoints: [] }))?.endpoints).toEqual([]);
    expect(statusOf(after(first))).toBe(undefined);
  });
});
