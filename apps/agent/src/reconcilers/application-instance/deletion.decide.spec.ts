import {
  deployed,
  fetched,
  instance,
  observation,
  readyCondition,
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

  it("a source is deleted once, and its end isn't waited for", () => {
    const source = fetched(instance());
    const metadata = { ...source.metadata, deletionTimestamp };
    const uninstalled = without(
      seen({ deletion: { releaseSecrets: 0, isKindGoing: false } }),
      "release",
      "source",
    );
    const staleSources = [{ ...source, metadata }];
    expect(decideInstance({ ...uninstalled, staleSources }).action).toEqual({
      do: "remove-finalizer",
    });
  });

  it("repeats what Flux says of an uninstallation that fails, and nothing of before", () => {
    const failing = (observedGeneration: number) => {
      const condition = readyCondition("False", "UninstallFailed", "no rights");
      const conditions = [{ ...condition, observedGeneration }];
      return deployed(
        instance(),
        { conditions },
        { deletionTimestamp, generation: 2 },
      );
    };
    const message = (observedGeneration: number) =>
      decideInstance(seen({ release: failing(observedGeneration) })).deleting
        ?.message;
    expect(message(2)).toContain("UninstallFailed: no rights");
    expect(message(1)).not.toContain("UninstallFailed");
    expect(message(1)).toContain("whether helm-controller runs");
  });

  it("nothing is uninstalled where the namespace has not opted in", () => {
    const decision = decideInstance(seen({ optInMissing: "it has not" }));
    expect(decision.action).toEqual({ do: "remove-finalizer" });
    expect(decision.blocked?.message).toContain("nothing is uninstalled");
  });

  it("says what to do where Flux is gone and left the release behind", () => {
    const gone = without(
      seen({ missingKinds: ["HelmRelease (v2)"] }),
      "release",
    );
    const { deleting, action } = decideInstance(gone);
    expect(action).toBe(undefined);
    expect(deleting?.message).toMatch(/does not serve HelmRelease.*Orphan/);
  });
});
