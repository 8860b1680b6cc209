import {
  deployed,
  fetched,
  instance,
  observation,
  readyCondition,
} from "../../testing/flux-objects";
import { desiredObjects } from "./desired";
import { decideInstance } from "./instance.decide";
import type { Observation } from "./observation";

function without(
  seen: Observation,
  ...names: ("release" | "source")[]
): Observation {
  const copy: Partial<Observation> = { ...seen };
  for (const name of names) delete copy[name];
  return copy as Observation;
}

/** What is wanted of one, and what stands there of another. */
function observationOf(
  wanted: Observation["instance"],
  written: Observation["instance"],
): Partial<Observation> {
  const { desired } = observation({}, wanted);
  return {
    instance: wanted,
    source: fetched(written),
    release: deployed(written),
    ...(desired && { desired }),
  };
}

describe("What is done about a live instance", () => {
  const bare = without(
    observation({ isSourceAsDesired: false, isReleaseAsDesired: false }),
    "release",
    "source",
  );

  it("nothing when everything is as desired", () => {
    expect(decideInstance(observation())).toEqual({});
  });

  it("nothing for a placeholder", () => {
    const placeholder = instance({ mode: "placeholder" });
    expect(decideInstance({ ...bare, instance: placeholder })).toEqual({});
  });

  it("its finalizer comes before anything else is created", () => {
    const fresh = instance({}, { finalizers: [] });
    expect(decideInstance({ ...bare, instance: fresh }).action).toEqual({
      do: "add-finalizer",
    });
  });

  it.each([
    [{ missingKinds: ["HelmRelease (v2)"] }, "MissingDependencies", "Helm"],
    [{ nameHolder: "HelmRelease a/b" }, "ReleaseNameTaken", "HelmRelease a/b"],
    [
      {
        releaseAccount: {
          name: "vworkspace-release",
          problem: "missing" as const,
        },
      },
      "MissingDependencies",
      "vworkspace-release",
    ],
    [
      { releaseAccount: { name: "root", problem: "not-allowed" as const } },
      "MissingDependencies",
      "vworkspace.io/release-service-account=true",
    ],
    [
      { sourceHolder: "OCIRepository web" },
      "ReleaseNameTaken",
      "OCIRepository web",
    ],
    [
      {
        missingValues: { kind: "ConfigMap" as const, what: "ConfigMap v" },
      },
      "MissingDependencies",
      "ConfigMap v",
    ],
  ])("%j blocks, and is looked at again", (over, reason, named) => {
    const decision = decideInstance({ ...bare, ...over });
    expect(decision.blocked?.reason).toBe(reason);
    expect(decision.blocked?.message).toContain(named);
    expect(decision.action).toBe(undefined);
    expect(decision.recheckAfterMs).toBeGreaterThan(0);
  });

  it("waits for a missing Secret and says so in Ready", () => {
    const missingValues = { kind: "Secret" as const, what: "Secret v, key k" };
    expect(decideInstance({ ...bare, missingValues })).toMatchObject({
      unready: { reason: "WaitingForSecret" },
    });
  });

  it("nothing that the agent would refuse as a job", () => {
    const problems = [{ field: "spec.values", message: "is a secret" }];
    const decision = decideInstance({ ...bare, problems });
    expect(decision).toEqual({
      unready: { reason: "HelmReleaseFailed", message: "is a secret" },
    });
  });

  it("the source is written before the release", () => {
    expect(decideInstance(bare).action).toMatchObject({
      do: "apply",
      object: { kind: "OCIRepository" },
    });
    expect(
      decideInstance({ ...bare, isSourceAsDesired: true }).action,
    ).toMatchObject({ do: "apply", object: { kind: "HelmRelease" } });
  });

  it("a refused write is said, and tried again", () => {
    const refusedWrite = "denied by a policy";
    expect(decideInstance({ ...bare, refusedWrite })).toMatchObject({
      unready: { reason: "HelmReleaseFailed", message: refusedWrite },
      action: { do: "apply" },
    });
  });

  describe("where somebody else owns a field", () => {
    const fieldConflict = {
      object: "HelmRelease web",
      fields: [{ manager: "kubectl-edit", field: ".spec.timeout" }],
    };
    const named = expect.stringMatching(
      /HelmRelease web.*[.]spec[.]timeout is owned by kubectl-edit/,
    ) as string;
    const changed = { isReleaseAsDesired: false, fieldConflict };
    const other = { values: { source: "inline", inline: { replicas: 9 } } };

    it.each(["warn", "disabled"])(
      "drift is said and not put back, with drift mode %s",
      (mode) => {
        const web = instance({ drift: { mode } });
        const decision = decideInstance(observation(changed, web));
        expect(decision.degraded).toEqual({
          reason: "Drifted",
          message: named,
        });
        expect(decision.unready).toBe(undefined);
        expect(decision.action).not.toHaveProperty("force");
      },
    );

    it("it is put back with drift mode enabled, and nothing is said", () => {
      const web = instance({ drift: { mode: "enabled" } });
      const decision = decideInstance(observation(changed, web));
      expect(decision.action).toMatchObject({ do: "apply", force: true });
      expect(decision.degraded).toBe(undefined);
    });

    it("a newest wish that could not be written makes it unready", () => {
      const seen = observation({
        ...changed,
        instance: instance(other),
        release: deployed(instance()),
      });
      const decision = decideInstance(seen);
      expect(decision.unready).toEqual({
        reason: "HelmReleaseFailed",
        message: named,
      });
      expect(decision.degraded).toBe(undefined);
    });

    it("a drifted source doesn't hold up a changed release", () => {
      const seen = observation({
        instance: instance(other),
        release: deployed(instance()),
        isSourceAsDesired: false,
        isReleaseAsDesired: false,
        fieldConflict: { ...fieldConflict, object: "OCIRepository web" },
      });
      const decision = decideInstance(seen);
      expect(decision.action).toMatchObject({
        object: { kind: "HelmRelease" },
      });
      expect(decision.degraded?.reason).toBe("Drifted");
    });
  });

  it("what Flux and the probes find is said, unless nobody asked to look", () => {
    const drifted = { message: "Deployment/shop/web changed" };
    const unreachable = { url: "http://web.shop.svc:80/", message: "refused" };
    expect(decideInstance(observation({ drifted, unreachable }))).toEqual({
      degraded: { reason: "Drifted", message: drifted.message },
    });
    const deaf = instance({ drift: { mode: "disabled" } });
    expect(
      decideInstance(observation({ drifted, unreachable, instance: deaf })),
    ).toEqual({
      degraded: {
        reason: "EndpointUnreachable",
        message: "http://web.shop.svc:80/: refused",
      },
    });
  });

  it("probes bring it back in time, once there is something to probe", () => {
    const probe = { type: "http", service: "web", port: 80 };
    const probes = [
      { ...probe, name: "a", periodSeconds: 60 },
      { ...probe, name: "b" },
    ];
    const probed = instance({ probes });
    const seen = observation({ instance: probed });
    expect(decideInstance(seen).recheckAfterMs).toBe(30_000);
    const fresh = { ...seen, release: deployed(probed, { history: [] }) };
    expect(decideInstance(fresh).recheckAfterMs).toBe(undefined);
  });

  it("a chart source that leads to nothing blocks; one that somebody deletes as well", () => {
    const message = "GET https://x: NAME_UNKNOWN: repository name not known";
    const conditions = [readyCondition("False", "Failed", message)];
    const source = fetched(instance(), { conditions });
    expect(decideInstance(observation({ source })).blocked).toMatchObject({
      reason: "MissingChartSource",
    });
    const missingVersion = fetched(instance(), {
      conditions: [readyCondition("False", "Failed", "MANIFEST_UNKNOWN")],
    });
    expect(decideInstance(observation({ source: missingVersion }))).toEqual({});
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const going = fetched(instance());
    const decision = decideInstance(
      observation({
        isSourceAsDesired: false,
        source: {
          ...going,
          metadata: { ...going.metadata, deletionTimestamp },
        },
      }),
    );
    expect(decision.blocked?.reason).toBe("MissingChartSource");
    expect(decision.action).toBe(undefined);
  });

  it("a source of the other type goes once the release has let go of it", () => {
    const stale = fetched(
      instance({
        chart: {
          sourceType: "helm",
          url: "https://charts.example.com",
          name: "podinfo",
          version: "1.2.3",
        },
      }),
    );
    const seen = observation({ staleSources: [stale] });
    expect(decideInstance(seen).action).toEqual({
      do: "delete",
      object: stale,
    });
    expect(
      decideInstance({ ...seen, isReleaseAsDesired: false }).action,
    ).toMatchObject({ do: "apply" });
  });

  it("nothing is installed while it is suspended, whatever else is in the way", () => {
    const suspended = instance({ suspend: true });
    const nameHolder = "HelmRelease a/b";
    const expected = {
      suspended: {
        reason: "ManuallySuspended",
        message: "spec.suspend holds changes back: set it to false to go on",
      },
    };
    const seen = { ...bare, instance: suspended };
    expect(decideInstance(seen)).toEqual(expected);
    expect(decideInstance({ ...seen, nameHolder })).toEqual(expected);
  });

  it("a suspension is written at once, and said when Flux has it; then nothing else is written", () => {
    const web = instance({ suspend: true });
    const seen = observation({
      instance: web,
      release: deployed(instance()),
      isSourceAsDesired: false,
      isReleaseAsDesired: false,
      missingValues: { kind: "Secret", what: "Secret v" },
    });
    const decision = decideInstance(seen);
    expect(decision.action).toMatchObject({ object: { kind: "HelmRelease" } });
    expect(decision.suspended).toBe(undefined);
    const told = decideInstance({ ...seen, release: deployed(web) });
    expect(told.suspended?.reason).toBe("ManuallySuspended");
    expect(told.action).toBe(undefined);
  });

  describe("outside its maintenance windows", () => {
    const hour = 3_600_000;
    // Saturdays at two; NOW is a Thursday.
    const now = Date.UTC(2026, 0, 1);
    const opensAt = Date.UTC(2026, 0, 3, 2);
    const policy = {
      maintenanceWindows: [{ cron: "0 2 * * 6", durationMinutes: 60 }],
    };
    const changedValues = { source: "inline", inline: { replicas: 9 } };
    const changed = observation({
      now,
      instance: instance({ policy, values: changedValues }),
      source: fetched(instance({ policy })),
      release: deployed(instance({ policy })),
      isReleaseAsDesired: false,
    });

    it("a change waits and says until when", () => {
      expect(decideInstance(changed)).toEqual({
        suspended: {
          reason: "MaintenanceWindow",
          message:
            "a change waits for the next maintenance window, which opens at 2026-01-03T02:00:00.000Z",
        },
        recheckAfterMs: 24 * hour,
      });
      const soon = { ...changed, now: opensAt - hour };
      expect(decideInstance(soon).recheckAfterMs).toBe(hour);
    });

    it.each([
      ["when it opens", opensAt],
      ["until it closes", opensAt + hour - 1],
    ])("a change is written %s", (_, time) => {
      const decision = decideInstance({ ...changed, now: time });
      expect(decision.action?.do).toBe("apply");
      expect(decision.suspended).toBe(undefined);
    });

    it("a change waits again from the moment it closes", () => {
      const decision = decideInstance({ ...changed, now: opensAt + hour });
      expect(decision.suspended?.reason).toBe("MaintenanceWindow");
    });

    it("the first installation doesn't wait, nor does its correction", () => {
      const fresh = deployed(instance({ policy }), { history: [] });
      const decision = decideInstance({ ...changed, release: fresh });
      expect(decision.action?.do).toBe("apply");
    });

    it("what somebody else changed or deleted is put right", () => {
      const web = instance({ policy });
      const drifted = observation({
        now,
        instance: web,
        isReleaseAsDesired: false,
      });
      expect(decideInstance(drifted).action?.do).toBe("apply");
      const applied = {
        sourceType: "oci" as const,
        url: "oci://registry.example.com/charts",
        name: "podinfo",
        version: "1.2.3+aaaa",
      };
      const known = instance({ policy }, {}, { lastAppliedChart: applied });
      const gone = without(
        observation({ now, instance: known, isSourceAsDesired: false }),
        "source",
      );
      expect(decideInstance(gone).action).toMatchObject({
        object: { kind: "OCIRepository" },
      });
      const other = { ...applied, version: "1.2.2" };
      const changedToo = instance(
        { policy },
        { generation: 2 },
        { lastAppliedChart: other },
      );
      const desired = desiredObjects(changedToo, undefined);
      expect(
        decideInstance({ ...gone, desired, instance: changedToo }).suspended
          ?.reason,
      ).toBe("MaintenanceWindow");
    });

    it("a suspension by hand doesn't wait, but its end does", () => {
      const held = instance({ policy, suspend: true });
      const suspending = {
        ...changed,
        ...observationOf(held, instance({ policy })),
      };
      expect(decideInstance(suspending).action?.do).toBe("apply");
      const resuming = {
        ...changed,
        ...observationOf(instance({ policy }), held),
      };
      expect(decideInstance(resuming).suspended?.reason).toBe(
        "MaintenanceWindow",
      );
    });

    it("a change whose chart source is written already is finished", () => {
      const next = instance(
        {
          policy,
          values: changedValues,
          chart: { ...instance().spec.chart, version: "1.3.0" },
        },
        { generation: 2 },
      );
      const begun = {
        ...changed,
        ...observationOf(next, instance({ policy })),
        source: fetched(next),
      };
      const decision = decideInstance(begun);
      expect(decision.action).toMatchObject({
        object: { kind: "HelmRelease" },
      });
      expect(decision.suspended).toBe(undefined);
    });

    it.each([
      ["the source is of the generation before", { generation: 3 }, {}],
      ["the release is another one", {}, { timeoutSeconds: 77 }],
    ])("a change waits where %s", (_, metadata, otherPolicy) => {
      const then = instance({ policy }, { generation: 2 });
      const now = instance(
        { policy: { ...policy, ...otherPolicy }, values: changedValues },
        { generation: 2, ...metadata },
      );
      const seen = {
        ...changed,
        ...observationOf(now, instance({ policy })),
        source: fetched(then),
      };
      expect(decideInstance(seen).suspended?.reason).toBe("MaintenanceWindow");
    });

    it("it is said that what a Secret holds does not wait", () => {
      const values = {
        source: "secretRef",
        secretRef: { name: "v", key: "k" },
      };
      const web = instance({ policy, values });
      const seen = {
        ...changed,
        instance: web,
        release: deployed(web),
        desired: desiredObjects(web, "v2"),
      };
      expect(decideInstance(seen).suspended?.message).toMatch(
        /opens at .*; what Secret v holds does not wait.*spec\.suspend/,
      );
    });

    it("without a change nothing is said of windows", () => {
      const seen = observation({ now, instance: instance({ policy }) });
      expect(decideInstance(seen)).toEqual({});
    });
  });

  it("a release that somebody deletes is awaited, then made anew", () => {
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const release = deployed(instance(), {}, { deletionTimestamp });
    const decision = decideInstance(observation({ release }));
    expect(decision.action).toBe(undefined);
    expect(decision.unready?.message).toContain("deleted");
  });

  it("values in other objects are looked at now and then", () => {
    const values = {
      source: "configMapRef",
      configMapRef: { name: "v", key: "k" },
    };
    const seen = observation({ instance: instance({ values }) });
    expect(decideInstance(seen).recheckAfterMs).toBeGreaterThan(0);
  });
});
