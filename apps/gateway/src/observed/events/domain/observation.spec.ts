import type { Condition } from "@vworkspace/contract";
import {
  isBefore,
  mergeReport,
  type ObservedObject,
  positionOf,
  type Report,
} from "./observation";

const time = (seconds: number) =>
  new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

const condition = (
  type: string,
  status: "True" | "False",
  more: Partial<Condition> = {},
): Condition => ({ type, status, reason: "", message: "", ...more });

const report = (more: Partial<Report> = {}): Report => ({
  uid: "u-1",
  intentGeneration: 1,
  generation: 1,
  isWhole: false,
  conditions: [condition("Ready", "True")],
  endpoints: undefined,
  position: { timestamp: time(0) },
  ...more,
});

const known = (more: Partial<Report> = {}): ObservedObject =>
  mergeReport(undefined, report(more));

const statuses = (object: ObservedObject) =>
  object.conditions.map(({ type, status }) => `${type}=${status}`);

describe("positions of reports", () => {
  it.each([
    ["sequence in one process", ["a", 1, 9], ["a", 2, 0]],
    ["processes, which are ordered by their ids", ["a", 9, 9], ["b", 0, 0]],
    ["time, where one has no process", ["a", 9, 0], [undefined, 0, 1]],
    ["time, where neither has", [undefined, 0, 0], [undefined, 0, 1]],
  ] as const)("are ordered by %s", (_, left, right) => {
    const place = ([session, sequence, seconds]: readonly [
      string | undefined,
      number,
      number,
    ]) => ({ session, sequence, timestamp: time(seconds) });
    expect(isBefore(place(left), place(right))).toBe(true);
    expect(isBefore(place(right), place(left))).toBe(false);
  });

  it("are never before themselves, so that of two at one place the later to arrive counts", () => {
    const place = { session: "a", sequence: 1, timestamp: time(0) };
    expect(isBefore(place, place)).toBe(false);
  });

  it("are never later than the gateway's clock", () => {
    const event = {
      kind: "x",
      resourceRef: { apiVersion: "", kind: "", name: "" },
      timestamp: time(60),
    };
    expect(positionOf(event, time(30)).timestamp).toBe(time(30));
    expect(positionOf(event, time(90)).timestamp).toBe(time(60));
  });

  it.each([
    ["a UUIDv7 of the past", "0190a000-0000-7000-8000-00000000000A", true],
    ["one of the future", "fffffffe-ffff-7fff-bfff-ffffffffffff", false],
    ["one of another version", "0190a000-0000-4000-8000-00000000000a", false],
    ["no UUID", "zzzz", false],
  ])("name a process by %s", (_, session, isTaken) => {
    const event = {
      kind: "x",
      resourceRef: { apiVersion: "", kind: "", name: "" },
      timestamp: time(0),
      session,
      sequence: 1,
    };
    expect(positionOf(event, time(0)).session).toBe(
      isTaken ? session.toLowerCase() : undefined,
    );
  });
});

describe("what is known after a report", () => {
  it("is the report where nothing was known", () => {
    expect(known()).toMatchObject({
      uid: "u-1",
      present: true,
      intentGeneration: 1,
      observedAt: time(0),
    });
  });

  it.each([
    ["a newer one replaces the condition of its type", 1, "Ready=False"],
    ["one at the same place does too", 0, "Ready=False"],
    ["an older one does not", -1, "Ready=True"],
  ])("%s", (_, seconds, expected) => {
    const merged = mergeReport(
      known(),
      report({
        conditions: [condition("Ready", "False")],
        position: { timestamp: time(seconds) },
      }),
    );
    expect(statuses(merged)).toEqual([expected]);
  });

  it("keeps types that an event doesn't mention", () => {
    const merged = mergeReport(
      known(),
      report({
        conditions: [condition("Degraded", "True")],
        position: { timestamp: time(1) },
      }),
    );
    expect(statuses(merged)).toEqual(["Ready=True", "Degraded=True"]);
  });

  it("keeps of a snapshot only what it lists, and what is newer", () => {
    const both = mergeReport(
      known(),
      report({
        conditions: [condition("Degraded", "True")],
        position: { timestamp: time(9) },
      }),
    );
    const snapshot = (seconds: number) =>
      mergeReport(
        both,
        report({
          isWhole: true,
          conditions: [condition("Suspended", "True")],
          position: { timestamp: time(seconds) },
        }),
      );
    expect(statuses(snapshot(10))).toEqual(["Suspended=True"]);
    expect(statuses(snapshot(5))).toEqual(["Degraded=True", "Suspended=True"]);
  });

  it("leaves out conditions that were written for an earlier generation of the object", () => {
    const merged = mergeReport(
      known(),
      report({
        generation: 3,
        conditions: [condition("Ready", "False", { observedGeneration: 2 })],
        position: { timestamp: time(1) },
      }),
    );
    expect(statuses(merged)).toEqual(["Ready=True"]);
  });

  it("does not grow with types that a cluster invents", () => {
    const types = Array.from({ length: 60 }, (_, index) => `T${index}`);
    const many = (prefix: string, seconds: number) =>
      report({
        conditions: types.map((type) => condition(`${prefix}${type}`, "True")),
        position: { timestamp: time(seconds) },
      });
    const merged = mergeReport(
      mergeReport(known(), many("A", 1)),
      many("B", 2),
    );
    expect(merged.conditions).toHaveLength(64);
    expect(statuses(merged)).toContain("BT59=True");
  });

  it("keep what was told besides until something newer is told", () => {
    const told = (phase: "Running" | "Succeeded", seconds: number) =>
      report({
        detail: { operation: { phase } },
        position: { timestamp: time(seconds) },
      });
    const first = mergeReport(undefined, told("Running", 1));
    const silent = mergeReport(
      first,
      report({ position: { timestamp: time(2) } }),
    );
    expect(silent.detail).toEqual({ operation: { phase: "Running" } });
    const late = mergeReport(silent, told("Succeeded", 0));
    expect(late.detail).toEqual({ operation: { phase: "Running" } });
    const newest = mergeReport(late, told("Succeeded", 3));
    expect(newest.detail).toEqual({ operation: { phase: "Succeeded" } });
  });

  describe("of another uid", () => {
    const other = (seconds: number) =>
      mergeReport(
        known({ intentGeneration: 4, endpoints: [{ url: "https://a" }] }),
        report({
          uid: "u-2",
          intentGeneration: undefined,
          conditions: [],
          position: { timestamp: time(seconds) },
        }),
      );

    it("is all of the newer object and nothing of the older", () => {
      expect(other(1)).toMatchObject({
        uid: "u-2",
        intentGeneration: 0,
        conditions: [],
        endpoints: [],
      });
    });

    it("is unchanged by an older object", () => {
      expect(other(-1)).toMatchObject({ uid: "u-1", intentGeneration: 4 });
    });
  });

  it("stays absent for reports from before it was missed, and not for later ones", () => {
    const absent: ObservedObject = {
      ...known(),
      present: false,
      conditions: [],
      observedAt: time(10),
    };
    const after = (seconds: number) =>
      mergeReport(absent, report({ position: { timestamp: time(seconds) } }));
    expect(after(5).present).toBe(false);
    expect(after(15).present).toBe(true);
  });

  describe("of the stamp", () => {
    const after = (intentGeneration: number | undefined, more = {}) =>
      mergeReport(
        known({ intentGeneration: 5 }),
        report({
          intentGeneration,
          position: { timestamp: time(1) },
          ...more,
        }),
      ).intentGeneration;

    it.each([
      ["follows it up", 6, {}, 6],
      ["follows it down, as after a restore of the cluster", 3, {}, 3],
      ["stays where an event has none", undefined, {}, 5],
      ["is gone where a snapshot has none", undefined, { isWhole: true }, 0],
      ["ignores an older report", 9, { position: { timestamp: time(-1) } }, 5],
    ])("%s", (_, stamp, more, expected) => {
      expect(after(stamp, more)).toBe(expected);
    });
  });

  describe("of the spec", () => {
    const seen = (
      base: ObservedObject | undefined,
      specDigest: string | undefined,
      intentGeneration = 1,
    ) => mergeReport(base, report({ specDigest, intentGeneration }));

    it("is different once it changes under one generation, and until it is changed back", () => {
      const first = seen(undefined, "a");
      const changed = seen(first, "b");
      expect([first, changed, seen(changed, "b"), seen(changed, "a")]).toEqual(
        [false, true, true, false].map(
          (isDifferent) => expect.objectContaining({ isDifferent }) as unknown,
        ),
      );
    });

    it("begins anew with each generation", () => {
      const changed = seen(seen(undefined, "a"), "b");
      expect(seen(changed, "c", 2)).toMatchObject({
        specDigest: "c",
        isDifferent: false,
      });
      expect(seen(seen(changed, undefined, 2), "d", 2).isDifferent).toBe(false);
    });
  });
});
