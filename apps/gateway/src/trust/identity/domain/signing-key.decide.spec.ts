import { nextSigningKeyStep, type SigningKeyStep } from "./signing-key.decide";
import type { SigningKeyState } from "./signing-key-store";

const TIMES = { rotationSeconds: 90_000, publishSeconds: 600 };
type Key = [state: SigningKeyState, signingSeconds: number, algorithm?: string];

describe("the life of signing keys", () => {
  it.each<[string, Key[], SigningKeyStep]>([
    ["nothing without a key", [], { step: "none" }],
    ["nothing for a young key", [["current", 10]], { step: "none" }],
    [
      "the next is published in time to sign when the current has signed long enough",
      [["current", 89_400]],
      { step: "publish", reason: "age" },
    ],
    ["not a second before", [["current", 89_399]], { step: "none" }],
    [
      "one that is published isn't published again",
      [
        ["current", 89_500],
        ["next", -500],
      ],
      { step: "none" },
    ],
    [
      "one that was published long enough signs",
      [
        ["current", 90_000],
        ["next", 0],
      ],
      { step: "promote", kid: "next-1" },
    ],
    [
      "those that only verify change nothing",
      [
        ["current", 10],
        ["retired", 500_000],
      ],
      { step: "none" },
    ],
    [
      "another algorithm makes a key due",
      [["current", 10, "ES256"]],
      { step: "publish", reason: "algorithm" },
    ],
  ])("%s", (_, keys, expected) => {
    const rows = keys.map(
      ([state, signingSeconds, algorithm = "EdDSA"], index) => ({
        kid: `${state}-${index}`,
        algorithm,
        state,
        signingSeconds,
      }),
    );
    expect(nextSigningKeyStep(rows, "EdDSA", TIMES)).toEqual(expected);
  });
});
