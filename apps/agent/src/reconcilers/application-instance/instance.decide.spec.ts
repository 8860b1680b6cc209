import {
  deployed,
  fetched,
  instance,
  observation,
} from "../../testing/flux-objects";
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
      { missingServiceAccount: "vworkspace-release" },
      "MissingDependencies",
      "vworkspace-release",
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
    const refusedWrite = ".spec.suspend is owned by flux";
    expect(decideInstance({ ...bare, refusedWrite })).toMatchObject({
      unready: { reason: "HelmReleaseFailed", message: refusedWrite },
      action: { do: "apply" },
    });
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

  it("nothing is installed while it is suspended", () => {
    const suspended = instance({ suspend: true });
    expect(decideInstance({ ...bare, instance: suspended })).toEqual({});
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

describe("What is done about an instance that is being deleted", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  const going = (spec = {}, metadata = {}) =>
    instance(
      spec,
      { deletionTimestamp, ...metadata },
      {
        helmReleaseRef: { name: "web", namespace: "shop" },
      },
    );
  const deletion = { releaseSecrets: 1, isKindGoing: false };
  const seen = (over: Partial<Observation> = {}) =>
    observation({ instance: going(), deletion, ...over });

  it("nothing when the finalizer isn't ours", () => {
    const foreign = going({}, { finalizers: ["other/finalizer"] });
    expect(decideInstance(seen({ instance: foreign }))).toEqual({});
  });

  it.each([
    ["its policy is Orphan", { instance: going({ deletionPolicy: "Orphan" }) }],
    [
      "kubectl orphans it",
      {
        instance: going(
          {},
          { finalizers: ["apps.vworkspace.io/uninstall", "orphan"] },
        ),
      },
    ],
    [
      "its kind is being removed",
      { deletion: { releaseSecrets: 1, isKindGoing: true } },
    ],
    ["it is a placeholder", { instance: going({ mode: "placeholder" }) }],
  ])("nothing is uninstalled when %s", (_, over) => {
    expect(decideInstance(seen(over)).action).toEqual({
      do: "remove-finalizer",
    });
  });

  it("first a suspended release is resumed, since Flux would leave its objects", () => {
    const release = deployed(instance({ suspend: true }));
    expect(decideInstance(seen({ release }))).toMatchObject({
      deleting: { reason: "Uninstalling" },
      action: { do: "resume" },
    });
  });

  it("then it is deleted, once", () => {
    expect(decideInstance(seen()).action?.do).toBe("delete");
    const release = deployed(instance(), {}, { deletionTimestamp });
    const waiting = decideInstance(seen({ release }));
    expect(waiting.action).toBe(undefined);
    expect(waiting.deleting?.reason).toBe("Uninstalling");
  });

  it("then the release Secrets are awaited, of a release that was ours", () => {
    const gone = without(seen(), "release");
    expect(decideInstance(gone)).toMatchObject({
      deleting: { reason: "WaitingForChildResources" },
    });
    const neverOurs = instance({}, { deletionTimestamp });
    expect(decideInstance({ ...gone, instance: neverOurs }).action?.do).toBe(
      "delete",
    );
  });

  it("then the source goes, and then the finalizer", () => {
    const uninstalled = without(
      seen({ deletion: { releaseSecrets: 0, isKindGoing: false } }),
      "release",
    );
    expect(decideInstance(uninstalled).action).toMatchObject({
      do: "delete",
      object: { kind: "OCIRepository" },
    });
    expect(decideInstance(without(uninstalled, "source")).action).toEqual({
      do: "remove-finalizer",
    });
  });
});
