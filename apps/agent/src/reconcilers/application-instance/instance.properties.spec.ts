import type { ApplicationInstance } from "@vworkspace/resources";
import fc from "fast-check";
import {
  conditionsOf,
  look,
  run,
  runThroughWindows,
} from "../../testing/model-run";
import { valuesDigest } from "../../testing/model-flux";
import { meddled, type Meddling } from "../../testing/model-meddling";
import {
  COOPERATIVE,
  derivedOf,
  observe,
  OUR_FINALIZER,
  type World,
} from "../../testing/model-world";
import {
  changedWorlds,
  hindrances,
  MOST_LOOKS,
  nextGeneration,
  settledWorld,
  specs,
  worldChoices,
  worldOf,
} from "../../testing/model-worlds.arbitrary";
import { desiredObjects } from "./desired";
import { decideInstance } from "./instance.decide";

const worlds = fc.oneof(worldChoices.map(worldOf), changedWorlds);
/** A Friday. */
const CLOSED = Date.UTC(2026, 0, 2);
/** A Saturday at two. */
const OPEN = Date.UTC(2026, 0, 3, 2);
const hours = fc
  .integer({ min: 0, max: 168 })
  .map((hour) => CLOSED + hour * 3_600_000);
/** Said without asking the code that decides: windows open on Saturdays at two. */
const isWindow = (time: number) => {
  const date = new Date(time);
  return date.getUTCDay() === 6 && date.getUTCHours() === 2;
};
const WAITING = { suspend: false, hasWindow: true };
const at = (world: World, now: number): World => ({
  ...world,
  around: { ...world.around, now },
});

const RUNS = { numRuns: 100 };

/** Nothing in the way any more; what people hold on to they go on holding. */
function freed(world: World): World {
  const { ownedByOthers, now } = world.around;
  return { ...world, around: { ...COOPERATIVE, now, ownedByOthers } };
}

/** The chart's version without build metadata, and what the values were. */
function deployed({ release }: World) {
  const [newest] = release?.status?.history ?? [];
  return [newest?.chartVersion?.split("+")[0], newest?.digest];
}

function wanted({ instance, around }: World) {
  if (instance === undefined) return [];
  const { release } = desiredObjects(instance, around.valuesVersion);
  const { chart } = instance.spec;
  return [chart?.version.split("+")[0], valuesDigest(release["spec"])];
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

describe("Whatever the world of an instance", () => {
  it("it comes to rest", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        runThroughWindows(world, MOST_LOOKS);
      }),
      RUNS,
    );
  });

  it("a decision is a function of the world alone, and changes nothing in it", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        if (world.instance === undefined) return;
        const seen = observe(world, world.instance);
        const again = structuredClone(seen);
        expect(decideInstance(frozen(seen))).toEqual(decideInstance(again));
      }),
      RUNS,
    );
  });

  it("what it writes into the status changes neither the decision nor the status", () => {
    fc.assert(
      fc.property(worlds, (start) => {
        for (const one of run(start, MOST_LOOKS).looks) {
          const { instance } = one.before;
          if (instance === undefined || one.status === undefined) continue;
          const told = { ...instance, status: one.status };
          const second = look({ ...one.before, instance: told });
          expect(second.decision).toEqual(one.decision);
          expect(second.status).toBe(undefined);
        }
      }),
      RUNS,
    );
  });

  it("no action is for nothing, and nothing is made before the finalizer or written onto what is going", () => {
    fc.assert(
      fc.property(worlds, (start) => {
        for (const { before, decision, after } of run(start, MOST_LOOKS)
          .looks) {
          const { action } = decision;
          if (action === undefined) continue;
          const isRefused = after.refusedWrite ?? after.fieldConflict;
          if (isRefused === undefined) expect(after).not.toBe(before);
          if (action.do !== "apply") continue;
          const { kind } = action.object;
          const actual = derivedOf(before, kind);
          expect(actual?.metadata.deletionTimestamp).toBe(undefined);
          expect(before.instance?.metadata.finalizers).toContain(OUR_FINALIZER);
        }
      }),
      RUNS,
    );
  });

  it("no condition goes back to what it said, as long as nobody meddles", () => {
    const untouched = worldChoices.map((choice) =>
      worldOf({ ...choice, meddlings: [] }),
    );
    fc.assert(
      fc.property(untouched, (start) => {
        const said = new Map<string, string[]>();
        for (const { after } of run(start, MOST_LOOKS).looks)
          for (const condition of Object.values(conditionsOf(after.instance))) {
            const { type, status, reason, observedGeneration } = condition;
            // It rests until its Secret is there, and again when all is done.
            if (type === "Reconciling" && awaitsSecret(after)) continue;
            const text = `${status} ${reason} of ${observedGeneration}`;
            const before = said.get(type) ?? [];
            if (before.at(-1) !== text) said.set(type, [...before, text]);
          }
        for (const texts of said.values())
          expect(new Set(texts).size).toBe(texts.length);
      }),
      RUNS,
    );
  });

  it("Ready of the newest generation is never said of another chart, or other values, than the wanted ones", () => {
    fc.assert(
      fc.property(worlds, (start) => {
        for (const { before, after } of run(start, MOST_LOOKS).looks) {
          const ready = conditionsOf(after.instance)["Ready"];
          const { generation } = after.instance?.metadata ?? {};
          if (after.instance?.metadata.deletionTimestamp) continue;
          if (ready?.status !== "True") continue;
          if (ready.observedGeneration !== generation) continue;
          expect(deployed(before)).toEqual(wanted(before));
        }
      }),
      RUNS,
    );
  });
});

/** In the way only where there is nothing yet, or where it is asked for. */
const MAY_NOT_CONCERN = [
  "nameHolder",
  "sourceHolder",
  "missingAddOns",
  "integrationHolder",
  "certificateProblem",
  "secretProblem",
];

/** What a person holds on to stays theirs, unless drift is to be corrected. */
function isHeld({ around, instance }: World): boolean {
  const isCorrected = instance?.spec.drift?.mode === "enabled";
  return around.ownedByOthers.length > 0 && !isCorrected;
}

/** What is asked for and what there was of it may hold a Secret. */
function awaitsSecret({ instance, integrations }: World): boolean {
  const { externalSecrets } = instance?.spec.integrations ?? {};
  return externalSecrets !== undefined || "ExternalSecret" in integrations;
}

function specsOf(objects: World["integrations"]) {
  return Object.fromEntries(
    Object.entries(objects).map(([kind, object]) => [
      kind,
      { spec: object["spec"] },
    ]),
  );
}

/** All of it is there and said, and nothing else. */
function expectWanted(end: World): void {
  const { instance } = end;
  if (instance === undefined) throw new Error("it is gone");
  const { release, source, integrations } = desiredObjects(instance, undefined);
  expect(specsOf(end.integrations)).toEqual(
    Object.fromEntries(integrations.map(({ kind, spec }) => [kind, { spec }])),
  );
  expect(deployed(end)).toEqual(wanted(end));
  expect(end.release?.["spec"]).toEqual(release["spec"]);
  expect(Object.keys(end.sources)).toEqual([source.kind]);
  expect(end.sources[source.kind]?.["spec"]).toEqual(source["spec"]);
  expectFacts(end.release, instance);
  const conditions = conditionsOf(instance);
  expect(conditions["Ready"]).toMatchObject({
    status: "True",
    reason: "HelmReleaseReady",
    observedGeneration: instance.metadata.generation,
  });
  for (const type of ["Reconciling", "Blocked", "Suspended", "Degraded"])
    expect(conditions[type]?.status ?? "False").toBe("False");
}

/** The status tells what Flux deployed, and where it came from. */
function expectFacts(
  release: World["release"],
  { status, spec }: ApplicationInstance,
): void {
  const { history = [] } = release?.status ?? {};
  expect(status?.helmReleaseRef).toEqual({ name: "web", namespace: "shop" });
  expect(status?.lastAppliedChart?.url).toBe(spec.chart?.url);
  expect(status?.history?.map(({ revision }) => revision)).toEqual(
    history.map(({ version }) => version),
  );
}

describe("Where the world lets it, from any state", () => {
  const reaching = worldChoices.map((choice) => ({
    start: freed(worldOf({ ...choice, isDeleting: false, isKindGoing: false })),
    choice,
  }));

  it("an instance that is to run becomes Ready on what is wanted", () => {
    fc.assert(
      fc.property(reaching, ({ start, choice }) => {
        if (choice.now.suspend || isHeld(start)) return;
        expectWanted(runThroughWindows(start, MOST_LOOKS));
      }),
      RUNS,
    );
  });

  it("one that waits for whatever is in its way is said so, and goes on once it is gone", () => {
    fc.assert(
      fc.property(specs, hindrances, (spec, hindrance) => {
        const old = settledWorld({ ...spec, replicas: 3 }, OPEN);
        const start: World = {
          ...nextGeneration(old, { ...spec, suspend: false }),
          around: { ...old.around, ...hindrance },
        };
        const { end } = run(start, MOST_LOOKS);
        const isHindered = Object.keys(hindrance).some(
          (name) => !MAY_NOT_CONCERN.includes(name),
        );
        const ready = conditionsOf(end.instance)["Ready"];
        if (isHindered) expect(ready?.status).not.toBe("True");
        const { end: after } = run(freed(end), MOST_LOOKS);
        expect(conditionsOf(after.instance)["Ready"]).toMatchObject({
          status: "True",
          observedGeneration: 2,
        });
        expect(conditionsOf(after.instance)["Blocked"]?.status).not.toBe(
          "True",
        );
      }),
      RUNS,
    );
  });

  it("a suspended one stays as it is", () => {
    fc.assert(
      fc.property(reaching, ({ start, choice }) => {
        const isGoing = start.release?.metadata.deletionTimestamp !== undefined;
        if (!choice.now.suspend || isHeld(start) || isGoing) return;
        const { end } = run(start, MOST_LOOKS);
        expect(deployed(end)).toEqual(deployed(start));
        expect(end.release === undefined).toBe(start.release === undefined);
        expect(conditionsOf(end.instance)["Suspended"]).toMatchObject({
          status: "True",
          reason: "ManuallySuspended",
        });
      }),
      RUNS,
    );
  });

  it("a change is carried out in a window only", () => {
    fc.assert(
      fc.property(specs, specs, hours, (one, two, hour) => {
        const old = settledWorld(one, hour);
        const start = nextGeneration(old, { ...two, ...WAITING });
        const { end } = run(start, MOST_LOOKS);
        if (!isWindow(hour)) {
          expect(end.release).toEqual(old.release);
          expect(end.sources).toEqual(old.sources);
          expect(end.integrations).toEqual(old.integrations);
          expect(end.instance?.status?.lastAppliedChart).toEqual(
            old.instance?.status?.lastAppliedChart,
          );
        }
        const later = runThroughWindows(end, MOST_LOOKS);
        expect(deployed(later)).toEqual(wanted(later));
        expect(conditionsOf(later.instance)["Ready"]).toMatchObject({
          status: "True",
          observedGeneration: 2,
        });
        const { end: closed } = run(at(later, CLOSED), MOST_LOOKS);
        const suspended = conditionsOf(closed.instance)["Suspended"];
        expect(suspended?.status).not.toBe("True");
      }),
      RUNS,
    );
  });

  it("a change is carried out whole or not at all, whenever the window closes", () => {
    const looks = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(specs, specs, looks, (one, two, count) => {
        const old = settledWorld({ ...one, ...WAITING }, OPEN);
        let world = nextGeneration(old, { ...two, ...WAITING });
        for (let done = 0; done < count; done += 1) world = look(world).after;
        const { end } = run(at(world, CLOSED), MOST_LOOKS);
        const written = ({ release, sources, integrations }: World) => [
          release?.["spec"],
          specsOf(sources),
          specsOf(integrations),
        ];
        const whole = run(
          nextGeneration(old, { ...two, ...WAITING }),
          MOST_LOOKS,
        ).end;
        expect([written(old), written(whole)]).toContainEqual(written(end));
      }),
      RUNS,
    );
  });

  it("what a person changes waits for no window: it is put right, or it is said and leaves Ready alone", () => {
    const kinds = fc.constantFrom<Meddling>(
      "owns a field of the release",
      "owns a field of the source",
      "changes the release",
      "changes the integrations",
      "removes the integrations at once",
    );
    fc.assert(
      fc.property(specs, kinds, (spec, meddling) => {
        const old = settledWorld({ ...spec, ...WAITING }, CLOSED);
        const start = meddled(old, meddling);
        const { end } = run(start, MOST_LOOKS);
        const { Ready, Degraded, Suspended } = conditionsOf(end.instance);
        expect(Ready?.status).toBe("True");
        expect([undefined, "False"]).toContain(Suspended?.status);
        if (isHeld(start)) {
          expect(Degraded).toMatchObject({ status: "True", reason: "Drifted" });
          return;
        }
        expect([undefined, "False"]).toContain(Degraded?.status);
        expect(end.release?.["spec"]).toEqual(old.release?.["spec"]);
        expect(end.sources).toMatchObject(specsOf(old.sources));
        expect(specsOf(end.integrations)).toEqual(specsOf(old.integrations));
      }),
      RUNS,
    );
  });
});

describe("Drift that is left alone", () => {
  it("stays said, without a break, while something else is changed", () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const warned = { ...spec, drift: "warn" as const, suspend: false };
        const old = settledWorld(warned, OPEN);
        const held = meddled(old, "owns a field of the source");
        const { end } = run(held, MOST_LOOKS);
        const replicas = 3 - spec.replicas;
        const changed = nextGeneration(end, { ...warned, replicas });
        const { looks, end: rest } = run(changed, MOST_LOOKS);
        expect(deployed(rest)).toEqual(wanted(rest));
        for (const { after } of looks)
          expect(conditionsOf(after.instance)["Degraded"]).toMatchObject({
            status: "True",
            reason: "Drifted",
          });
      }),
      RUNS,
    );
  });
});

describe("An instance that is being deleted, in any state", () => {
  const going = worldChoices
    .map((choice) => ({
      choice,
      start: freed(worldOf({ ...choice, isDeleting: true })),
    }))
    .filter(
      ({ start }) => start.instance?.metadata.deletionTimestamp !== undefined,
    );

  it("stays whole where that was asked for", () => {
    const kept = going.filter(
      ({ choice }) =>
        choice.isKindGoing || choice.now.deletionPolicy === "Orphan",
    );
    fc.assert(
      fc.property(kept, ({ start, choice }) => {
        const { isKindGoing } = choice;
        // Without Flux, so that nothing but our own doings shows.
        const around = { ...start.around, isKindGoing, hasFlux: false };
        const { end } = run({ ...start, around }, MOST_LOOKS);
        expect(hasLetGo(end)).toBe(true);
        expect(end.release).toEqual(start.release);
        expect(end.sources).toEqual(start.sources);
        expect(Object.keys(end.integrations)).toEqual(
          Object.keys(start.integrations).filter(
            (kind) => !isGoing(start.integrations[kind]),
          ),
        );
      }),
      RUNS,
    );
  });

  it("else goes with everything that is ours", () => {
    const uninstalled = going.filter(
      ({ choice }) => choice.now.deletionPolicy !== "Orphan",
    );
    fc.assert(
      fc.property(uninstalled, ({ start }) => {
        const { end } = run(start, MOST_LOOKS);
        expect(end.release).toBe(undefined);
        // Helm's Secrets are left where somebody took the HelmRelease away under Flux: that is said, not forgotten.
        if (isTakenAway(start) && end.releaseSecrets > 0 && !hasLetGo(end))
          expect(conditionsOf(end.instance)["Deleting"]).toMatchObject({
            reason: "WaitingForChildResources",
          });
        else {
          expect(hasLetGo(end)).toBe(true);
          expect(end.sources).toEqual({});
          expect(end.integrations).toEqual({});
          if (wasOurs(start)) expect(end.releaseSecrets).toBe(0);
        }
      }),
      RUNS,
    );
  });
});

function hasLetGo({ instance }: World): boolean {
  return instance?.metadata.finalizers?.includes(OUR_FINALIZER) !== true;
}

/** The HelmRelease was removed, or deleted, by somebody else. */
function isTakenAway({ release }: World): boolean {
  return (
    release === undefined || release.metadata.deletionTimestamp !== undefined
  );
}

function isGoing(object: World["integrations"][string] | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}

function wasOurs({ release, instance }: World): boolean {
  return (
    release !== undefined || instance?.status?.helmReleaseRef !== undefined
  );
}
