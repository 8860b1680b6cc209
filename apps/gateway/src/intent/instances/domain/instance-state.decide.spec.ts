import type { InstanceState, Observation } from "./instance";
import { decideInstanceState } from "./instance-state.decide";

const seen = (
  types: readonly string[],
  more: Partial<Observation> = {},
): Observation => ({
  present: true,
  intentGeneration: 2,
  conditions: types.map((type) => ({ type, status: "True" })),
  ...more,
});

describe("the state of an instance", () => {
  it.each<[string, InstanceState, Observation | undefined, InstanceState]>([
    ["nothing was seen", "ready", undefined, "deploying"],
    [
      "the object is missing",
      "ready",
      seen(["Ready"], { present: false }),
      "deploying",
    ],
    [
      "an older generation was seen",
      "ready",
      seen(["Ready"], { intentGeneration: 1 }),
      "deploying",
    ],
    ["nothing is true", "ready", seen([]), "deploying"],
    ["it is ready", "deploying", seen(["Ready"]), "ready"],
    [
      "a newer generation is ready",
      "deploying",
      seen(["Ready"], { intentGeneration: 3 }),
      "ready",
    ],
    [
      "it is degraded, ready or not",
      "ready",
      seen(["Ready", "Degraded"]),
      "degraded",
    ],
    [
      "it is suspended, degraded or not",
      "ready",
      seen(["Degraded", "Suspended"]),
      "suspended",
    ],
    [
      "it is blocked, whatever else",
      "ready",
      seen(["Ready", "Degraded", "Suspended", "Blocked"]),
      "blocked",
    ],
    ["it is being deleted", "deleting", seen(["Ready"]), "deleting"],
    ["it is deleted", "deleted", seen(["Ready"]), "deleted"],
  ])("when %s, from %s", (_, current, observation, expected) => {
    expect(decideInstanceState({ current, generation: 2, observation })).toBe(
      expected,
    );
  });

  it("takes a condition that is unknown for none", () => {
    const observation = seen([], {
      conditions: [{ type: "Ready", status: "Unknown" }],
    });
    expect(
      decideInstanceState({ current: "ready", generation: 2, observation }),
    ).toBe("deploying");
  });
});
