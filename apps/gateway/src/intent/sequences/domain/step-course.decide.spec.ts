import type { Instance, InstanceState } from "../../instances/domain/instance";
import type { StepFact, StepOperationFacts } from "./sequence";
import type { SequenceStep, StepWait } from "./sequence-template";
import { followOperation, followWait } from "./step-course.decide";

const NOW = new Date("2026-01-01T01:00:00Z");
const BEFORE = "2026-01-01T00:59:59Z";
const fact = (more: Partial<StepFact> = {}): StepFact => ({
  name: "one",
  state: "running",
  hasBegun: false,
  begun_at: "2026-01-01T00:00:00Z",
  ...more,
});
const operation = (more: Partial<StepOperationFacts>): StepOperationFacts => ({
  name: "shop-backup-1",
  state: "running",
  reason: "R",
  message: "m",
  degraded: false,
  hasStarted: false,
  isCancelled: false,
  outputs: { backupName: "b" },
  ...more,
});

describe("A step that is an operation", () => {
  it.each<[string, Partial<StepOperationFacts>, object]>([
    [
      "succeeds",
      { state: "succeeded" },
      { state: "succeeded", hasBegun: true },
    ],
    [
      "fails where it did not succeed wholly",
      { state: "succeeded", degraded: true },
      { state: "failed", reason: "Degraded", message: "m", hasBegun: true },
    ],
    ["fails", { state: "failed" }, { state: "failed", hasBegun: true }],
    [
      "changed nothing where it was cancelled before it started",
      { state: "cancelled" },
      { state: "cancelled", hasBegun: false },
    ],
    [
      "may have changed something where it was cancelled later",
      { state: "cancelled", hasStarted: true },
      { state: "cancelled", hasBegun: true },
    ],
    [
      "waits for an approval",
      { state: "awaiting_approval" },
      { state: "running", course: "awaiting_approval", reason: "R" },
    ],
    [
      "is blocked",
      { state: "blocked" },
      { state: "running", course: "blocked" },
    ],
    [
      "runs",
      { hasStarted: true },
      { state: "running", course: "running", hasBegun: true },
    ],
  ])("%s", (_title, told, expected) => {
    expect(followOperation(fact(), operation(told), NOW)).toMatchObject({
      ...expected,
      outputs: { backupName: "b" },
    });
  });

  it("is not awaited for ever where it has a time, unless a person is awaited", () => {
    const late = fact({ deadline: BEFORE });
    expect(followOperation(late, operation({}), NOW)).toMatchObject({
      state: "failed",
      reason: "Timeout",
    });
    expect(
      followOperation(late, operation({ state: "awaiting_approval" }), NOW),
    ).toMatchObject({ state: "running" });
    const cancelled = operation({
      state: "awaiting_approval",
      isCancelled: true,
    });
    expect(followOperation(late, cancelled, NOW)).toMatchObject({
      state: "failed",
    });
  });

  it("has failed where its operation is gone", () => {
    expect(followOperation(fact(), undefined, NOW)).toMatchObject({
      state: "failed",
      reason: "Vanished",
    });
  });
});

const waitFor = (
  wait: StepWait,
  state: InstanceState | undefined,
  more: { deadline?: string; isConfirmed?: boolean } = {},
) => {
  const { isConfirmed = false, ...known } = more;
  const step: SequenceStep = { name: "one", on: "instance", wait };
  const instance = state && {
    ...({ namespace: "prod", name: "shop", generation: 4 } as Instance),
    state,
  };
  const conditions =
    state === "blocked"
      ? [{ type: "Blocked", status: "True", reason: "MissingDependencies" }]
      : [];
  const observation = { present: true, intentGeneration: 4, conditions };
  return followWait(fact(known), step, {
    instance,
    observation,
    isConfirmed,
    now: NOW,
  });
};

describe("A step that waits", () => {
  it.each<[StepWait, InstanceState | undefined, object]>([
    ["ready", "ready", { state: "succeeded", outputs: { generation: 4 } }],
    ["ready", "deploying", { state: "running", reason: "Waiting" }],
    [
      "ready",
      "blocked",
      { state: "running", course: "blocked", reason: "MissingDependencies" },
    ],
    ["ready", "deleted", { state: "failed", reason: "InstanceRemoved" }],
    ["suspended", "suspended", { state: "succeeded" }],
    ["suspended", "deleting", { state: "failed" }],
    ["gone", "deleting", { state: "running" }],
    ["gone", "deleted", { state: "succeeded" }],
    ["gone", undefined, { state: "succeeded" }],
    [
      "confirmed",
      "ready",
      { state: "running", reason: "AwaitingConfirmation" },
    ],
  ])("for %s of one that is %s", (wait, state, expected) => {
    expect(waitFor(wait, state)).toMatchObject(expected);
  });

  it("ends with its time, and with a person's word", () => {
    expect(waitFor("ready", "deploying", { deadline: BEFORE })).toMatchObject({
      state: "failed",
      reason: "Timeout",
      message: "Instance prod/shop is deploying",
    });
    expect(waitFor("confirmed", "ready", { isConfirmed: true })).toMatchObject({
      state: "succeeded",
    });
  });
});
