import {
  type DeliveryOutcome,
  type DeliveryProgress,
  owesDelete,
  reissuePauseSeconds,
} from "./desired-object";

const progress = (more: Partial<DeliveryProgress> = {}): DeliveryProgress => ({
  generation: 3,
  action: "apply",
  manifest: {},
  waitsForDelete: false,
  isReissuePlanned: false,
  observedGeneration: 2,
  reissues: 0,
  isRetired: false,
  ...more,
});

const pause = (
  outcome: DeliveryOutcome,
  more: Partial<DeliveryProgress> = {},
  generation = 3,
) =>
  reissuePauseSeconds(
    progress(more),
    { action: "apply", generation, outcome },
    60,
  );

describe("the pause before a generation is issued again", () => {
  it.each<[DeliveryOutcome, number | undefined]>([
    ["failed", 60],
    ["conflict", 60],
    ["expired", 60],
    ["succeeded", undefined],
    ["noop", undefined],
    ["superseded", undefined],
  ])("after %s is %p", (outcome, expected) => {
    expect(pause(outcome)).toBe(expected);
  });

  it("doubles up to an hour, however often", () => {
    const pauses = [0, 1, 2, 5, 6, 1000].map((reissues) =>
      pause("failed", { reissues }),
    );
    expect(pauses).toEqual([60, 120, 240, 1920, 3600, 3600]);
  });

  it("is none where something newer is wanted, or the cluster carries it already", () => {
    expect(pause("failed", {}, 2)).toBeUndefined();
    expect(pause("failed", { observedGeneration: 3 })).toBeUndefined();
    expect(pause("expired", { observedGeneration: 4 })).toBeUndefined();
  });

  it("is also that of an older delete that something newer waits for, unless the newer is a delete itself", () => {
    const ended = (outcome: DeliveryOutcome, newest: "apply" | "delete") =>
      reissuePauseSeconds(
        progress({ waitsForDelete: true, action: newest }),
        { action: "delete", generation: 2, outcome },
        60,
      );
    expect(ended("expired", "apply")).toBe(60);
    expect(ended("failed", "apply")).toBe(60);
    expect(ended("succeeded", "apply")).toBeUndefined();
    expect(ended("noop", "apply")).toBeUndefined();
    expect(ended("expired", "delete")).toBeUndefined();
  });
});

describe("a delete that is owed", () => {
  it.each<[string, Partial<DeliveryProgress>, boolean]>([
    ["the newest, planned anew", { action: "delete" }, true],
    [
      "one that an apply waits for, planned anew",
      { waitsForDelete: true },
      true,
    ],
    ["an apply that is planned anew", {}, false],
  ])("is %s", (_, more, expected) => {
    expect(owesDelete(progress({ ...more, isReissuePlanned: true }))).toBe(
      expected,
    );
    expect(owesDelete(progress({ ...more, isReissuePlanned: false }))).toBe(
      false,
    );
  });
});
