import type { AgentEvent } from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import type { ControlPlane } from "../control-plane/control-plane";
import { failureOfStatus } from "../control-plane/control-plane-error";
import { Link } from "../control-plane/link";
import { PollLoop } from "./poll-loop";
import { KeptLog } from "../testing/kept-log";
import { advanceUntil, settle } from "../testing/settle";
import { MemoryEventSpool } from "../reporting/event-spool";
import { Pulse } from "../reporting/pulse";
import { Reporter } from "../reporting/reporter";

/** An agent's reporting and polling beside a control plane that is there or isn't. */
function setUp() {
  const clock = new ManualClock();
  const link = new Link(clock);
  const log = new KeptLog();
  const trail: string[] = [];
  const world = { isThere: true, takesEvents: true };
  const seen: { objects: KubeObject[] | undefined } = { objects: [] };
  const answer = (request: string, isTaken: boolean) => {
    if (isTaken) {
      trail.push(request);
      return link.accepted();
    }
    link.failed("away");
    throw failureOfStatus(503);
  };
  const controlPlane = {
    sendEvents: async (events: readonly AgentEvent[]) => {
      await Promise.resolve();
      const kinds = new Set(events.map(({ kind }) => kind));
      answer([...kinds].join(" "), world.isThere && world.takesEvents);
    },
    poll: async ({ waitSeconds }: { waitSeconds: number }) => {
      if (world.isThere && waitSeconds > 0)
        await clock.sleep(waitSeconds * 1000);
      else await Promise.resolve();
      answer("poll", world.isThere);
      return { jobs: [], unreadable: [] };
    },
  } as unknown as ControlPlane;
  const common = { controlPlane, link, clock, log, random: () => 0.5 };
  const reporter = new Reporter({ ...common, spool: new MemoryEventSpool() });
  const pulse = new Pulse({
    ...common,
    reporter,
    agentVersion: "1",
    disconnectAfterMs: 120_000,
    clusterRef: () => ({ apiVersion: "v1", kind: "Cluster", name: "c" }),
    controllers: () => undefined,
    observed: () => seen.objects,
  });
  const intake = { accept: () => Promise.resolve(0) };
  const loop = new PollLoop({ ...common, intake, maxWaitSeconds: 50 });
  const stop = new AbortController();
  const start = () => {
    link.registered("c1");
    void reporter.run(stop.signal);
    void pulse.run(stop.signal);
    return loop.run(stop.signal, (signal) => pulse.greet(signal));
  };
  const hasPolled = () => trail.includes("poll");
  return { clock, link, trail, world, seen, stop, start, hasPolled };
}

describe("After a silence", () => {
  it("what the agent sees is stored before it asks for work, at its start", async () => {
    const { clock, trail, stop, start, hasPolled } = setUp();
    void start();
    await advanceUntil(clock, hasPolled, 60_000);
    const snapshot = trail.findIndex((it) => it.includes("ClusterSnapshot"));
    expect(snapshot).toBeGreaterThanOrEqual(0);
    expect(snapshot).toBeLessThan(trail.indexOf("poll"));
    stop.abort();
  });

  it("what the agent sees is stored before it asks for work, once the control plane is back", async () => {
    const { clock, trail, world, stop, start, hasPolled } = setUp();
    void start();
    await advanceUntil(clock, hasPolled, 60_000);
    world.isThere = false;
    await advanceUntil(clock, () => false, 600_000).catch(() => undefined);
    trail.length = 0;
    world.isThere = true;
    await advanceUntil(clock, hasPolled, 600_000);
    const snapshot = trail.findIndex((it) => it.includes("ClusterSnapshot"));
    expect(snapshot).toBeGreaterThanOrEqual(0);
    expect(snapshot).toBeLessThan(trail.indexOf("poll"));
    stop.abort();
  });

  it("it asks for work all the same where events can't be stored", async () => {
    const { clock, trail, world, stop, start, hasPolled } = setUp();
    world.takesEvents = false;
    void start();
    await advanceUntil(clock, hasPolled, 120_000);
    expect(trail[0]).toBe("poll");
    stop.abort();
  });

  it("it asks for work all the same where the cluster can't be known", async () => {
    const { clock, trail, seen, stop, start, hasPolled } = setUp();
    seen.objects = undefined;
    void start();
    await advanceUntil(clock, hasPolled, 120_000);
    expect(trail.join()).not.toContain("ClusterSnapshot");
    // It has waited for that once: a right that is missing for days holds up no more than the first job.
    const polls = () => trail.filter((it) => it === "poll").length;
    const before = polls();
    await advanceUntil(clock, () => polls() - before >= 5, 260_000);
    seen.objects = [];
    await advanceUntil(clock, () => trail.join().includes("Snapshot"), 60_000);
    stop.abort();
  });

  it("it asks at once with a credential that is refused, since only a poll tells whether it is taken again", async () => {
    const { trail, link, stop, start } = setUp();
    link.rejected("revoked");
    void start();
    await settle();
    expect(trail).toEqual(["poll"]);
    stop.abort();
  });
});
