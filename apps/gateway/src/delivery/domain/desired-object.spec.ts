import {
  type DeliveryOutcome,
  type DeliveryProgress,
  reissuePauseSeconds,
} from "./desired-object";

const progress = (more: Partial<DeliveryProgress> = {}): DeliveryProgress => ({
  generation: 3,
  action: "apply",
  manifest: {},
  waitsForDelete: false,
  observedGeneration: 2,
  reissues: 0,
  ...more,
});

const pause = (
  outcome: DeliveryOutcome,
  more: Partial<DeliveryProgress> = {},
  generation = 3,
) => reissuePauseSeconds(progress(more), { generation, outcome }, 60);

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
});
