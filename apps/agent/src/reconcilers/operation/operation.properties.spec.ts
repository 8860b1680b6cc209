import type { Operation, OperationType } from "@vworkspace/resources";
import fc from "fast-check";
import { OperationBench } from "../../testing/operation-bench";
import { windowState } from "../application-instance/maintenance-window.decide";
import { conflictingWith } from "./conflict.decide";

const TYPES: readonly OperationType[] = [
  "Backup",
  "Restore",
  "Upgrade",
  "RunCommand",
  "Runbook",
];
const NAMES = ["a", "b", "c", "d"] as const;
/** Two hours of every six. */
const WINDOWS = [
  { cron: "0 */6 * * *", durationMinutes: 120, timezone: "UTC" },
];
const ENDED = ["Succeeded", "Failed", "Cancelled"];
const HOUR_MS = 3_600_000;

type Step =
  | {
      readonly do: "ask";
      readonly name: string;
      readonly type: OperationType;
      readonly isExclusive: boolean;
      readonly needsApproval: boolean;
      readonly needsReady: boolean;
      readonly timeoutSeconds: number | undefined;
    }
  | {
      readonly do:
        "approve" | "cancel" | "delete" | "finish" | "break" | "vanish";
      readonly name: string;
    }
  | { readonly do: "wait"; readonly hours: number }
  | { readonly do: "ready"; readonly isReady: boolean }
  | { readonly do: "restart" };

type NamedStep = Exclude<
  Step,
  { readonly do: "ask" | "wait" | "ready" | "restart" }
>;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      name: fc.constantFrom(...NAMES),
      type: fc.constantFrom(...TYPES),
      isExclusive: fc.boolean(),
      needsApproval: fc.boolean(),
      needsReady: fc.boolean(),
      timeoutSeconds: fc.option(fc.constant(3600), { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "approve" as const,
        "cancel" as const,
        "delete" as const,
        "finish" as const,
        "break" as const,
        "vanish" as const,
      ),
      name: fc.constantFrom(...NAMES),
    }),
  },
  fc.record({
    do: fc.constant("wait" as const),
    hours: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ do: fc.constant("ready" as const), isReady: fc.boolean() }),
  fc.record({ do: fc.constant("restart" as const) }),
);

/** A world that is moved on step by step, and what has to hold after each of them. */
class Course {
  readonly bench = new OperationBench();
  private isReady = true;
  private begun = new Set<string>();

  constructor(private readonly hasWindows: boolean) {
    this.putTarget();
  }

  async take(step: Step): Promise<void> {
    await this.make(step);
    await this.bench.run();
    this.check();
  }

  /** Whatever held it up is gone, and whatever works comes to its end. */
  async comeToRest(): Promise<void> {
    this.isReady = true;
    this.putTarget();
    for (const { metadata } of this.operations())
      this.bench.approvals.given.add(metadata.name);
    for (let round = 0; round < 12; round += 1) {
      await this.take({ do: "wait", hours: 1 });
      for (const name of NAMES) await this.take({ do: "finish", name });
    }
    for (const operation of this.operations())
      expect(ENDED).toContain(operation.status?.phase);
  }

  private async make(step: Step): Promise<void> {
    switch (step.do) {
      case "ask":
        if (!this.bench.operation(step.name)) this.ask(step);
        return;
      case "wait":
        return this.bench.clock.advance(step.hours * HOUR_MS);
      case "ready":
        this.isReady = step.isReady;
        return this.putTarget();
      case "restart":
        return this.bench.restart();
      default:
        return this.happen(step.do, step.name);
    }
  }

  /** To one of the operations, if there is such. */
  private async happen(what: NamedStep["do"], name: string): Promise<void> {
    const { bench } = this;
    const happenings = {
      approve: () => bench.approvals.given.add(name),
      cancel: () => bench.change(name, { cancel: true }),
      delete: () => bench.delete(name),
      finish: () => this.work(name, { state: "done" }),
      break: () => this.work(name, { state: "broken" }),
      vanish: () => this.vanish(name),
    };
    await happenings[what]();
  }

  private vanish(name: string): void {
    const { objects } = this.bench.api;
    for (const [key, { kind, metadata }] of objects)
      if (kind === "Work" && metadata.name.includes(this.uidOf(name)))
        objects.delete(key);
  }

  private ask(asked: Extract<Step, { do: "ask" }>): void {
    const { timeoutSeconds } = asked;
    this.bench.approvals.given.delete(asked.name);
    this.bench.putOperation(asked.name, {
      type: asked.type,
      approvals: { required: asked.needsApproval },
      policy: {
        exclusive: asked.isExclusive,
        requireReady: asked.needsReady,
        ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      },
    });
  }

  private check(): void {
    const operations = this.operations();
    const running = operations.filter(
      ({ status }) => status?.phase === "Running",
    );
    for (const one of running)
      expect(
        conflictingWith(
          one,
          running.filter((two) => two !== one),
        ),
      ).toBe(undefined);
    const begun = new Set(running.map(({ metadata }) => metadata.uid ?? ""));
    for (const operation of running)
      if (!this.begun.has(operation.metadata.uid ?? ""))
        this.mayBegin(operation);
    this.begun = begun;
    const made = this.bench.api.writes.filter((write) =>
      write.startsWith("create Work"),
    );
    expect(new Set(made).size).toBe(made.length);
    for (const { status, metadata } of operations)
      if (ENDED.includes(status?.phase ?? ""))
        expect(metadata.finalizers ?? []).toEqual([]);
  }

  private mayBegin({ metadata, spec }: Operation): void {
    if (spec.approvals?.required)
      expect(this.bench.approvals.given.has(metadata.name)).toBe(true);
    if (spec.policy?.requireReady) expect(this.isReady).toBe(true);
    if (this.hasWindows && spec.type !== "Backup")
      expect(windowState(WINDOWS, this.bench.clock.now()).isOpen).toBe(true);
  }

  private work(name: string, change: object): void {
    const uid = this.uidOf(name);
    const hasWork = this.bench
      .objects("Work")
      .some(({ metadata }) => metadata.name.includes(uid));
    if (hasWork && uid !== "") this.bench.work(name, change);
  }

  private uidOf(name: string): string {
    return this.bench.operation(name)?.metadata.uid ?? "none";
  }

  private operations(): readonly Operation[] {
    return this.bench.objects("Operation") as unknown as Operation[];
  }

  private putTarget(): void {
    this.bench.putTarget({
      ready: this.isReady,
      ...(this.hasWindows && { policy: { maintenanceWindows: WINDOWS } }),
    });
  }
}

describe("operations on one target, whatever happens", () => {
  it("never conflict, never begin unapproved or outside their window, are made once, and end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 30 }),
        async (hasWindows, steps) => {
          const course = new Course(hasWindows);
          for (const one of steps) await course.take(one);
          await course.comeToRest();
        },
      ),
      { numRuns: 150 },
    );
  });
});
