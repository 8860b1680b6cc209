import type { Job } from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { instanceManifest } from "../testing/instance-manifest";
import { KeptControlPlane } from "../testing/kept-control-plane";
import { KeptLog } from "../testing/kept-log";
import { settle } from "../testing/settle";
import { Intake } from "./intake";
import type { JobOutcome } from "./job-outcome";

function job(
  id: string,
  name = "web",
  kind: "apply" | "delete" = "apply",
): Job {
  const ref = { ...APPLICATION_INSTANCE, namespace: "shop", name };
  return {
    id,
    kind,
    payload: kind === "apply" ? instanceManifest("shop", name) : ref,
    idempotencyKey: `applicationinstance/shop/${name}@1`,
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: "2026-01-02T00:00:00Z",
  };
}

/** Jobs run until the test ends them; an aborted one ends without outcome. */
class OpenJobs {
  readonly running = new Map<string, (outcome?: JobOutcome) => void>();

  execute = (taken: Job, _: unknown, signal: AbortSignal) =>
    new Promise<JobOutcome | undefined>((resolve) => {
      const end = (outcome?: JobOutcome) => {
        this.running.delete(taken.id);
        resolve(outcome);
      };
      this.running.set(taken.id, end);
      signal.addEventListener("abort", () => end());
    });

  end(id: string): void {
    this.running.get(id)?.({ outcome: "succeeded" });
  }

  get ids(): string[] {
    return [...this.running.keys()];
  }
}

function setUp() {
  const controlPlane = new KeptControlPlane();
  const applier = new OpenJobs();
  const clock = new ManualClock();
  const log = new KeptLog();
  const intake = new Intake({
    controlPlane,
    applier,
    clock,
    log,
    random: () => 0.5,
  });
  const stop = new AbortController();
  const accept = (...jobs: Job[]) => intake.accept(jobs, stop.signal);
  return { controlPlane, applier, clock, log, intake, stop, accept };
}

describe("Intake", () => {
  it("acks a job before it does anything, and posts its result", async () => {
    const { accept, applier, controlPlane } = setUp();
    expect(await accept(job("a"))).toBe(1);
    expect(controlPlane.acks).toEqual(["a"]);
    applier.end("a");
    await settle();
    expect(controlPlane.results).toMatchObject([
      { jobId: "a", outcome: "succeeded" },
    ]);
  });

  it("works on different objects side by side", async () => {
    const { accept, applier } = setUp();
    await accept(job("a", "web"), job("b", "crm"));
    expect(applier.ids).toEqual(["a", "b"]);
  });

  it("takes the same job once, but acks it again when it is offered again", async () => {
    const { accept, applier, controlPlane } = setUp();
    await accept(job("a"));
    expect(await accept(job("a"))).toBe(0);
    expect(applier.ids).toEqual(["a"]);
    expect(controlPlane.acks).toEqual(["a", "a"]);
  });

  it("lets a newer job of an object end the following of an older apply", async () => {
    const { accept, applier, controlPlane } = setUp();
    await accept(job("a"));
    controlPlane.closed.add("a");
    await accept(job("b"));
    expect(applier.ids).toEqual(["b"]);
    expect(controlPlane.results).toEqual([]);
  });

  it("lets what comes after a delete wait for its end, without an ack", async () => {
    const { accept, applier, controlPlane } = setUp();
    await accept(job("a", "web", "delete"));
    await accept(job("b"));
    expect(applier.ids).toEqual(["a"]);
    expect(controlPlane.acks).toEqual(["a"]);
    applier.end("a");
    await settle();
    expect(applier.ids).toEqual(["b"]);
    expect(controlPlane.acks).toEqual(["a", "b"]);
  });

  it("does nothing about a job that is closed when it is acked", async () => {
    const { accept, applier, controlPlane, intake } = setUp();
    controlPlane.closed.add("a");
    await accept(job("a"));
    await settle();
    expect(applier.ids).toEqual([]);
    expect(intake.size).toBe(0);
  });

  it("posts a result until it is taken", async () => {
    const { accept, applier, clock, controlPlane } = setUp();
    await accept(job("a"));
    controlPlane.faults.push(503, 503);
    applier.end("a");
    await settle();
    expect(controlPlane.results).toEqual([]);
    await clock.advance(60_000);
    await settle();
    await clock.advance(60_000);
    await settle();
    expect(controlPlane.results).toHaveLength(1);
  });

  it("fails a job that can't be read, naming the field", async () => {
    const { controlPlane } = setUp();
    const applier = {
      execute: () =>
        Promise.resolve({ outcome: "failed" as const, error: "kind" }),
    };
    const intake = new Intake({
      controlPlane,
      applier,
      clock: new ManualClock(),
      log: new KeptLog(),
    });
    const { signal } = new AbortController();
    await intake.accept([{ ...job("a"), payload: {} }], signal);
    await intake.drained();
    expect(controlPlane.results).toMatchObject([
      { outcome: "failed", error: "kind" },
    ]);
  });

  it("leaves open what it was doing when the agent stops: the next process resumes it", async () => {
    const { accept, intake, controlPlane, stop } = setUp();
    await accept(job("a"), job("b", "crm", "delete"));
    stop.abort();
    await intake.drained();
    expect(controlPlane.results).toEqual([]);
    expect(intake.size).toBe(0);
  });

  it("does not count a job whose ack is refused, since it is offered again at once", async () => {
    const { accept, controlPlane, applier } = setUp();
    controlPlane.faults.push(403);
    expect(await accept(job("a"))).toBe(0);
    expect(applier.ids).toEqual([]);
    controlPlane.closed.add("b");
    expect(await accept(job("b"))).toBe(1);
    expect(await accept(job("a"))).toBe(1);
  });
});
