import fc from "fast-check";
import { readTemplate } from "./read-template";
import type { StepFact, StepState } from "./sequence";
import {
  canCancel,
  decideNext,
  type NextAction,
  plannedSteps,
  type SequenceFacts,
} from "./sequence.decide";
import { courseOf } from "./sequence.status";
import {
  allSteps,
  type SequenceStep,
  type SequenceTemplate,
} from "./sequence-template";

const wait = (name: string, more: object = {}) => ({
  name,
  wait: "ready",
  ...more,
});

/** quiesce is let go after backup; change is taken back; guard is let go at the end. */
const TEMPLATE = readTemplate({
  name: "sample",
  description: "x",
  parameters: {
    type: "object",
    properties: { hook: { type: "string", default: "" } },
  },
  steps: [
    wait("guard", { always: { steps: [wait("unguard")] } }),
    wait("quiesce", {
      only: "hook",
      always: { after: "backup", steps: [wait("unquiesce")] },
    }),
    wait("backup"),
    wait("change", { onFailure: [wait("back"), wait("settled")] }),
    wait("verify"),
  ],
  onSuccess: [wait("farewell")],
});

/** How each step ends, by name; the others succeed. A step that changed nothing is marked by "!". */
type Ends = Readonly<Record<string, StepState | "failed!">>;

interface Course {
  readonly begun: readonly string[];
  readonly end: NextAction;
  readonly facts: SequenceFacts;
}

function fact(name: string, end: StepState | "failed!"): StepFact {
  const state = end === "failed!" ? "failed" : end;
  const hasBegun = end !== "failed!";
  return { name, state, hasBegun, begun_at: "2026-01-01T00:00:00Z" };
}

interface Options {
  readonly hook?: string;
  /** The step during which somebody cancels. */
  readonly cancelAt?: string;
  readonly template?: SequenceTemplate;
}

function run(
  ends: Ends,
  { hook = "h", cancelAt, template = TEMPLATE }: Options = {},
): Course {
  const begun: string[] = [];
  const parameters = { hook };
  let facts: SequenceFacts = { template, parameters, steps: [], cancel: false };
  for (;;) {
    const next = decideNext(facts);
    if (next.do === "end") return { begun, end: next, facts };
    if (next.do !== "begin") throw new Error(`Nothing runs, yet ${next.do}.`);
    const { name } = next.step;
    begun.push(name);
    facts = live(facts, name, { ends, isCancelled: name === cancelAt });
  }
}

/** A step from its beginning to its end; while it runs nothing else is begun. */
function live(
  facts: SequenceFacts,
  name: string,
  { ends, isCancelled }: { ends: Ends; isCancelled: boolean },
): SequenceFacts {
  const cancel = facts.cancel || (isCancelled && canCancel(facts));
  const steps = [...facts.steps, fact(name, "running")];
  const meanwhile = decideNext({ ...facts, cancel, steps });
  expect(["await", "stop"]).toContain(meanwhile.do);
  const end =
    meanwhile.do === "stop" ? "cancelled" : (ends[name] ?? "succeeded");
  return { ...facts, cancel, steps: [...facts.steps, fact(name, end)] };
}

const FORWARD = ["guard", "quiesce", "backup", "unquiesce", "change", "verify"];
const GOOD = [...FORWARD, "farewell", "unguard"];

describe("The next action of a sequence", () => {
  it.each<[string, Ends, Options, ...[readonly string[], string]]>([
    ["goes through all steps", {}, {}, GOOD, "succeeded"],
    [
      "leaves out what a parameter leaves empty, and what would let it go",
      {},
      { hook: "" },
      ["guard", "backup", "change", "verify", "farewell", "unguard"],
      "succeeded",
    ],
    [
      "undoes what was begun when a later step fails, the last first",
      { verify: "failed" },
      {},
      [...FORWARD, "back", "settled", "unguard"],
      "failed",
    ],
    [
      "undoes a step that failed when it had changed something",
      { change: "failed" },
      {},
      [...FORWARD.slice(0, 5), "back", "settled", "unguard"],
      "failed",
    ],
    [
      "does not undo a step that was refused before it changed anything",
      { change: "failed!" },
      {},
      [...FORWARD.slice(0, 5), "unguard"],
      "failed",
    ],
    [
      "lets go at once what it would have let go later",
      { backup: "failed" },
      {},
      ["guard", "quiesce", "backup", "unquiesce", "unguard"],
      "failed",
    ],
    [
      "lets nothing go twice when letting go fails half way",
      { unquiesce: "failed" },
      {},
      ["guard", "quiesce", "backup", "unquiesce", "unguard"],
      "failed",
    ],
    [
      "goes on with the rest where one way back fails",
      { verify: "failed", back: "failed" },
      {},
      [...FORWARD, "back", "unguard"],
      "failed",
    ],
    [
      "takes nothing back where only the end fails",
      { unguard: "failed" },
      {},
      GOOD,
      "failed",
    ],
    [
      "has failed where somebody stopped what has to be done in any case",
      { unguard: "cancelled" },
      {},
      GOOD,
      "failed",
    ],
    [
      "takes nothing back where the farewell fails",
      { farewell: "failed" },
      {},
      GOOD,
      "failed",
    ],
    [
      "undoes when it is cancelled",
      {},
      { cancelAt: "verify" },
      [...FORWARD, "back", "settled", "unguard"],
      "cancelled",
    ],
    [
      "has failed where it was cancelled and could not be undone",
      { back: "failed" },
      { cancelAt: "change" },
      [...FORWARD.slice(0, 5), "back", "unguard"],
      "failed",
    ],
  ])("%s", (_title, ends, options, ...expected) => {
    const { begun, end } = run(ends, options);
    const [steps, state] = expected;
    expect(begun).toEqual(steps);
    expect(end).toEqual({ do: "end", state });
  });

  it("asks only steps of the way forward to stop", () => {
    const facts = (steps: readonly StepFact[]) => ({
      template: TEMPLATE,
      parameters: { hook: "" },
      steps,
      cancel: true,
    });
    expect(decideNext(facts([fact("guard", "running")])).do).toBe("stop");
    expect(
      decideNext(
        facts([
          fact("guard", "succeeded"),
          fact("backup", "failed"),
          fact("unguard", "running"),
        ]),
      ).do,
    ).toBe("await");
  });
});

const STEP_END = fc.constantFrom<StepState | "failed!">(
  "succeeded",
  "succeeded",
  "succeeded",
  "failed",
  "failed!",
  "cancelled",
);

const step = (name: string): SequenceStep => ({
  name,
  on: "instance",
  wait: "ready",
});

/** Templates of steps that are undone, let go at the end or after a later step, or left out. */
const templates = fc
  .array(
    fc.record({
      undone: fc.boolean(),
      always: fc.constantFrom("no", "end", "later"),
      isLeftOut: fc.boolean(),
      later: fc.nat(5),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((shapes): SequenceTemplate => ({
    name: "any",
    description: "x",
    parameters: {},
    steps: shapes.map(({ undone, always, isLeftOut, later }, index) => {
      const after = Math.min(index + later, shapes.length - 1);
      return {
        ...step(`s${index}`),
        ...(isLeftOut && { only: "none" }),
        onFailure: undone ? [step(`u${index}`)] : [],
        always: {
          steps: always === "no" ? [] : [step(`a${index}`)],
          ...(always === "later" && { after: `s${after}` }),
        },
      };
    }),
    onSuccess: [step("done")],
  }));

const courses = templates.chain((template) => {
  const names = allSteps(template).map(({ name }) => name);
  return fc.record({
    template: fc.constant(template),
    ends: fc.dictionary(fc.constantFrom(...names), STEP_END),
    cancelAt: fc.constantFrom("", ...names),
  });
});

const PROPERTIES = { numRuns: 200 };

describe("Any sequence", () => {
  const each = (
    check: (course: Course, template: SequenceTemplate) => void,
  ): void =>
    fc.assert(
      fc.property(courses, ({ template, ends, cancelAt }) =>
        check(run(ends, { template, cancelAt }), template),
      ),
      PROPERTIES,
    );

  const changed = ({ facts }: Course) =>
    new Set(
      facts.steps.filter(({ hasBegun }) => hasBegun).map(({ name }) => name),
    );

  it("comes to an end, begins no step twice and has one state at each moment", () => {
    each(({ begun, end, facts }) => {
      expect(new Set(begun).size).toBe(begun.length);
      expect(courseOf(facts).state).toBe((end as { state: string }).state);
      for (let count = 0; count <= facts.steps.length; count += 1) {
        const past = { ...facts, steps: facts.steps.slice(0, count) };
        expect(courseOf(past).progress.length).toBeLessThan(100);
      }
    });
  });

  it("does whatever has to be done in any case once its step was begun", () => {
    each((course, template) => {
      const begun = changed(course);
      for (const { name, always } of template.steps)
        if (begun.has(name))
          for (const one of always.steps)
            expect(course.begun).toContain(one.name);
    });
  });

  it("undoes what was done and nothing else, and only where it went wrong", () => {
    each((course, template) => {
      const begun = changed(course);
      const isGood = course.begun.includes("done");
      for (const { name, onFailure } of template.steps)
        for (const one of onFailure)
          expect(course.begun.includes(one.name)).toBe(
            !isGood && begun.has(name),
          );
    });
  });

  it("undoes in the opposite order", () => {
    each(({ begun }) => {
      const undone = begun.filter((name) => name.startsWith("u"));
      const expected = [...undone].sort(
        (one, other) => Number(other.slice(1)) - Number(one.slice(1)),
      );
      expect(undone).toEqual(expected);
    });
  });

  it("succeeds exactly when every planned step has succeeded", () => {
    each(({ end, facts }) => {
      const states = new Map(facts.steps.map((one) => [one.name, one.state]));
      const isGood = plannedSteps(facts).every(
        ({ name }) => states.get(name) === "succeeded",
      );
      expect((end as { state: string }).state === "succeeded").toBe(
        isGood && !facts.cancel,
      );
    });
  });
});
