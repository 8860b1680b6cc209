import {
  type Condition,
  type ControllerState,
  eventSchema,
  parseMessage,
  snapshotPageSchema,
} from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import { Link } from "../control-plane/link";
import { instance } from "../testing/flux-objects";
import { batchOf } from "./batch.decide";
import { changedConditions, conditionEvents } from "./condition-events.decide";
import type { SpooledEvent } from "./event-spool";
import { Pulse } from "./pulse";
import type { NewEvent, Reporter } from "./reporter";
import { snapshotPages, specDigest } from "./snapshot.decide";

function condition(over: Partial<Condition> = {}): Condition {
  return {
    type: "Ready",
    status: "True",
    reason: "Good",
    message: "",
    observedGeneration: 1,
    ...over,
  };
}

describe("Which conditions are told of", () => {
  it.each([
    ["nothing", {}, []],
    ["only the moment", { lastTransitionTime: "2026-01-02T00:00:00Z" }, []],
    ["its message", { message: "other words" }, ["Ready"]],
    ["its status", { status: "False" as const }, ["Ready"]],
    ["its reason", { reason: "Better" }, ["Ready"]],
    ["its generation", { observedGeneration: 2 }, ["Ready"]],
  ])("when %s changed", (_, over, told) => {
    const before = { conditions: [condition()], intentGeneration: 1 };
    const after = { conditions: [condition(over)], intentGeneration: 1 };
    expect(changedConditions(before, after).map(({ type }) => type)).toEqual(
      told,
    );
  });

  it("all of them when they speak about another intent", () => {
    const conditions = [condition(), condition({ type: "Blocked" })];
    expect(
      changedConditions(
        { conditions, intentGeneration: 1 },
        { conditions, intentGeneration: 2 },
      ),
    ).toHaveLength(2);
  });

  it("in events of the contract, each under its own key", () => {
    const ref = {
      apiVersion: "apps.vworkspace.io/v1alpha1",
      kind: "ApplicationInstance",
      namespace: "shop",
      name: "web",
      uid: "u",
      generation: 3,
    };
    const [event] = conditionEvents(ref, [condition()]);
    expect(event?.eventKey).toBe(
      "condition/apps.vworkspace.io/v1alpha1/ApplicationInstance/shop/web/u/Ready/True@3",
    );
    const timestamp = "2026-01-01T00:00:00Z";
    expect(parseMessage(eventSchema, { ...event, timestamp }).ok).toBe(true);
  });
});

describe("What goes into a batch", () => {
  const waiting = (count: number, bytes = 10): SpooledEvent[] =>
    Array.from({ length: count }, (_, position) => ({
      position,
      event: { reason: "x".repeat(bytes) } as SpooledEvent["event"],
    }));

  it("everything that fits", () => {
    expect(batchOf(waiting(100), 0)).toHaveLength(100);
    expect(batchOf([], 3)).toEqual([]);
  });

  it("half after every failure, at least one", () => {
    expect(batchOf(waiting(100), 1)).toHaveLength(50);
    expect(batchOf(waiting(100), 9)).toHaveLength(1);
  });

  it("no more than half a megabyte, but one event however long", () => {
    expect(batchOf(waiting(100, 100_000), 0)).toHaveLength(5);
    expect(batchOf(waiting(2, 2_000_000), 0)).toHaveLength(1);
  });
});

describe("A snapshot", () => {
  const object = (name: string): KubeObject =>
    instance(
      {},
      { name, annotations: { "vworkspace.io/intent-generation": "4" } },
      {
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "Good",
            message: "m".repeat(1_000),
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
      },
    );

  it("lists everything in pages of 200, the last one marked", () => {
    const objects = Array.from({ length: 450 }, (_, n) => object(`o${n}`));
    const pages = snapshotPages(objects, "s1");
    expect(pages.map(({ items, last }) => [items.length, last])).toEqual([
      [200, false],
      [200, false],
      [50, true],
    ]);
    for (const page of pages)
      expect(parseMessage(snapshotPageSchema, page).ok).toBe(true);
    expect(pages[0]?.items[0]).toMatchObject({
      uid: "u-web",
      intentGeneration: 4,
    });
    expect(JSON.stringify(pages[0]).length).toBeLessThan(512 * 1024);
  });

  it("of nothing is one empty page: it says that everything is absent", () => {
    expect(snapshotPages([], "s1")).toMatchObject([
      { page: 0, last: true, items: [] },
    ]);
  });

  it("tells specs apart, whatever the order of their fields", () => {
    const make = (spec: object) => ({ ...object("x"), spec });
    expect(specDigest(make({ a: 1, b: 2 }))).toBe(
      specDigest(make({ b: 2, a: 1 })),
    );
    expect(specDigest(make({ a: 1 }))).not.toBe(specDigest(make({ a: 2 })));
  });
});

describe("Pulse", () => {
  function setUp() {
    const clock = new ManualClock();
    const link = new Link(clock);
    const said: string[] = [];
    const seen: {
      objects: KubeObject[] | undefined;
      controllers?: ControllerState[];
    } = { objects: [] };
    const reporter = {
      report: ({ kind }: NewEvent) => Promise.resolve(void said.push(kind)),
    } as Pick<Reporter, "report"> as Reporter;
    const pulse = new Pulse({
      reporter,
      link,
      clock,
      agentVersion: "1",
      disconnectAfterMs: 120_000,
      clusterRef: () => ({ apiVersion: "v1", kind: "Cluster", name: "c" }),
      controllers: () => seen.controllers,
      observed: () => seen.objects,
    });
    return { clock, link, said, seen, pulse };
  }

  it("says nothing before the control plane has answered", async () => {
    const { pulse, said } = setUp();
    await pulse.beat();
    expect(said).toEqual([]);
  });

  it("beats every minute and shows everything every 15 minutes", async () => {
    const { pulse, said, link, clock } = setUp();
    for (let minute = 0; minute < 16; minute += 1) {
      link.accepted();
      await pulse.beat();
      await clock.advance(60_000);
    }
    const count = (kind: string) => said.filter((one) => one === kind).length;
    expect(count("ClusterHeartbeat")).toBe(16);
    expect(count("ClusterSnapshot")).toBe(2);
  });

  it("keeps its pace, and notices a silence, though the time of day is set back by an hour", async () => {
    const { pulse, said, link, clock } = setUp();
    link.accepted();
    await pulse.beat();
    clock.setTimeOfDay(-3_600_000);
    await clock.advance(60_000);
    await pulse.beat();
    expect(said.filter((kind) => kind === "ClusterHeartbeat")).toHaveLength(2);
    await clock.advance(120_000);
    expect(link.isAlive(120_000)).toBe(false);
    clock.setTimeOfDay(3_600_000);
    link.accepted();
    expect(link.isAlive(120_000)).toBe(true);
  });

  it("shows everything again after a silence", async () => {
    const { pulse, said, link, clock } = setUp();
    link.accepted();
    await pulse.beat();
    await clock.advance(200_000);
    await pulse.beat();
    link.accepted();
    await pulse.beat();
    expect(said.filter((kind) => kind === "ClusterSnapshot")).toHaveLength(2);
  });

  it("shows nothing as long as it doesn't know everything", async () => {
    const { pulse, said, link, seen } = setUp();
    seen.objects = undefined;
    link.accepted();
    await pulse.beat();
    expect(said).toEqual(["ClusterHeartbeat"]);
    seen.objects = [];
    await pulse.beat();
    expect(said).toEqual(["ClusterHeartbeat", "ClusterSnapshot"]);
  });

  it("says at once that a controller has changed", async () => {
    const { pulse, said, link, seen } = setUp();
    link.accepted();
    await pulse.beat();
    const velero = { name: "velero", present: true, ready: false };
    seen.controllers = [velero];
    await pulse.beat();
    await pulse.beat();
    seen.controllers = [{ ...velero, ready: true }];
    await pulse.beat();
    expect(said.filter((kind) => kind === "ClusterHeartbeat")).toHaveLength(3);
  });
});
