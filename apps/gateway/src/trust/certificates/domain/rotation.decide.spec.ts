import { DomainError } from "@vworkspace/kernel";
import {
  type AuthorityState,
  type RotationMove,
  type RotationStep,
  rotationStep,
  statesAfter,
} from "./rotation.decide";

const WAY: readonly (readonly [RotationStep, RotationMove])[] = [
  ["none", "init"],
  ["init", "trust"],
  ["trust", "issue"],
  ["issue", "distrust"],
  ["distrust", "done"],
];
const MOVES: readonly RotationMove[] = [
  "none",
  "init",
  "trust",
  "issue",
  "distrust",
  "done",
];

describe("the rotation of a CA", () => {
  it.each(WAY)("goes from %s to %s", (from, to) => {
    const states = statesAfter(from, to);
    const left = [states?.old, states?.next].filter(
      (state): state is AuthorityState =>
        state !== undefined && state !== "ended",
    );
    expect(rotationStep(left)).toBe(to === "done" ? "none" : to);
    expect(left.filter((state) => state === "issuing")).toHaveLength(1);
  });

  it.each(WAY.slice(0, -1))("goes back to %s from %s", (to, from) => {
    const states = statesAfter(from as RotationStep, to);
    if (to === "none") expect(states).toBeUndefined();
    else
      expect(
        rotationStep([states?.old ?? "ended", states?.next ?? "ended"]),
      ).toBe(to);
  });

  it("leaves no step out, and stays where it is for none", () => {
    for (const [from] of WAY)
      for (const to of MOVES) {
        if (Math.abs(MOVES.indexOf(to) - MOVES.indexOf(from)) === 1) continue;
        expect(() => statesAfter(from, to)).toThrow(DomainError);
      }
  });

  it("stands nowhere with one CA, or with none", () => {
    expect(rotationStep(["issuing"])).toBe("none");
    expect(rotationStep([])).toBe("none");
  });
});
