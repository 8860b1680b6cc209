import type { MaintenanceWindow } from "@vworkspace/resources";
import fc from "fast-check";
import { windowState } from "./maintenance-window.decide";

const MINUTE = 60_000;
const NIGHTLY: MaintenanceWindow = {
  cron: "30 2 * * *",
  durationMinutes: 60,
  timezone: "Europe/Vienna",
};

function at(time: string, windows: readonly MaintenanceWindow[]) {
  const state = windowState(windows, Date.parse(time));
  if (state.isOpen) return "open";
  const { opensAt } = state;
  return opensAt === undefined ? "never" : new Date(opensAt).toISOString();
}

describe("Whether a maintenance window is open", () => {
  it("only where one of every set is, and next when all are again", () => {
    const weekend: MaintenanceWindow[] = [
      { cron: "0 0 * * 6", durationMinutes: 1440, set: "organization" },
      { cron: "0 0 * * 0", durationMinutes: 1440, set: "organization" },
    ];
    const early: MaintenanceWindow = {
      cron: "0 4 * * *",
      durationMinutes: 120,
      set: "cluster",
    };
    const windows = [...weekend, early];
    // 10 January 2026 is a Saturday.
    expect(at("2026-01-10T04:30:00Z", windows)).toBe("open");
    expect(at("2026-01-09T04:30:00Z", windows)).toBe(
      "2026-01-10T04:00:00.000Z",
    );
    expect(at("2026-01-10T07:00:00Z", windows)).toBe(
      "2026-01-11T04:00:00.000Z",
    );
    expect(at("2026-01-11T07:00:00Z", windows)).toBe(
      "2026-01-17T04:00:00.000Z",
    );
    const own = { ...early, cron: "0 5 * * *", durationMinutes: 30 };
    const { set: _, ...unnamed } = own;
    expect(at("2026-01-10T04:30:00Z", [...windows, unnamed])).toBe(
      "2026-01-10T05:00:00.000Z",
    );
  });

  it("next where a longer one of another set has opened before", () => {
    const long = { cron: "0 0 1 * *", durationMinutes: 10080, set: "a" };
    const short = { cron: "0 12 * * 3", durationMinutes: 60, set: "b" };
    expect(at("2026-01-20T00:00:00Z", [long, short])).toBe(
      "2026-02-04T12:00:00.000Z",
    );
  });

  it("never, where sets never meet", () => {
    const even = { cron: "0 0 * * *", durationMinutes: 60, set: "a" };
    const odd = { cron: "0 12 * * *", durationMinutes: 60, set: "b" };
    expect(at("2026-01-10T00:00:00Z", [even, odd])).toBe("never");
  });

  it("always, without windows", () => {
    expect(at("2026-01-01T12:00:00Z", [])).toBe("open");
  });

  it.each([
    ["2026-01-10T01:29:59.999Z", "2026-01-10T01:30:00.000Z"],
    ["2026-01-10T01:30:00Z", "open"],
    ["2026-01-10T02:29:59.999Z", "open"],
    ["2026-01-10T02:30:00Z", "2026-01-11T01:30:00.000Z"],
  ])("at %s in winter: %s", (time, expected) => {
    expect(at(time, [NIGHTLY])).toBe(expected);
  });

  it("by the clock of its time zone in summer as well", () => {
    expect(at("2026-07-10T00:30:00Z", [NIGHTLY])).toBe("open");
    expect(at("2026-07-10T01:30:00Z", [NIGHTLY])).toBe(
      "2026-07-11T00:30:00.000Z",
    );
  });

  it.each([
    // At 2:00 of 29 March it becomes 3:00: there is no 2:30.
    ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00.000Z"],
    ["2026-03-29T01:00:00Z", "open"],
    ["2026-03-29T01:59:59Z", "open"],
    ["2026-03-29T02:00:00Z", "2026-03-30T00:30:00.000Z"],
  ])(
    "at %s, where clocks are put forward over its opening: %s",
    (time, expected) => {
      expect(at(time, [NIGHTLY])).toBe(expected);
    },
  );

  it.each([
    // At 3:00 of 25 October it becomes 2:00: 2:30 comes twice, and opens once.
    ["2026-10-25T00:29:00Z", "2026-10-25T00:30:00.000Z"],
    ["2026-10-25T00:30:00Z", "open"],
    ["2026-10-25T01:29:59Z", "open"],
    ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00.000Z"],
  ])(
    "at %s, where clocks are put back over its opening: %s",
    (time, expected) => {
      expect(at(time, [NIGHTLY])).toBe(expected);
    },
  );

  it("lists of hours are put over a gap as single hours are", () => {
    const twice = { ...NIGHTLY, cron: "30 2,14 * * *" };
    expect(at("2026-03-29T00:59:00Z", [twice])).toBe(
      "2026-03-29T01:00:00.000Z",
    );
  });

  it("in UTC, where no time zone is given", () => {
    const utc = { cron: "0 2 * * 6", durationMinutes: 1 };
    expect(at("2026-01-09T00:00:00Z", [utc])).toBe("2026-01-10T02:00:00.000Z");
  });

  it("if any of several is, and else the earliest of them is told", () => {
    const windows = [
      { cron: "0 2 * * 6", durationMinutes: 60 },
      { cron: "0 4 * * 3", durationMinutes: 60 },
    ];
    expect(at("2026-01-10T02:30:00Z", windows)).toBe("open");
    expect(at("2026-01-11T00:00:00Z", windows)).toBe(
      "2026-01-14T04:00:00.000Z",
    );
  });

  it("without a break where openings follow each other before it closes", () => {
    const always = { cron: "*/10 * * * *", durationMinutes: 10 };
    expect(at("2026-01-10T02:09:59.999Z", [always])).toBe("open");
    expect(at("2026-01-10T02:10:00Z", [always])).toBe("open");
  });

  it("never, where none ever opens", () => {
    const never = { cron: "0 0 31 2 *", durationMinutes: 60 };
    expect(at("2026-01-10T00:00:00Z", [never])).toBe("never");
  });

  it("opens exactly when it said it would, and was closed until then", () => {
    const windows = fc.array(
      fc.record({
        cron: fc
          .tuple(
            fc.integer({ min: 0, max: 59 }),
            fc.integer({ min: 0, max: 23 }),
            fc.constantFrom("*", "0", "1-5", "6"),
          )
          .map(([minute, hour, day]) => `${minute} ${hour} * * ${day}`),
        durationMinutes: fc.integer({ min: 1, max: 600 }),
        timezone: fc.constantFrom("UTC", "Europe/Vienna", "America/New_York"),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const time = fc.integer({
      min: Date.UTC(2026, 0, 1),
      max: Date.UTC(2027, 0, 1),
    });
    fc.assert(
      fc.property(windows, time, (some, now) => {
        const state = windowState(some, now);
        if (state.isOpen) return;
        const { opensAt = 0 } = state;
        expect(opensAt).toBeGreaterThan(now);
        expect(windowState(some, opensAt).isOpen).toBe(true);
        const between = now + Math.floor((opensAt - 1 - now) / 2);
        expect(windowState(some, between).isOpen).toBe(false);
        expect(windowState(some, opensAt - 1)).toEqual({
          isOpen: false,
          opensAt,
        });
        const ends = Math.min(
          ...some.map(({ durationMinutes }) => durationMinutes),
        );
        expect(windowState(some, opensAt + ends * MINUTE - 1).isOpen).toBe(
          true,
        );
      }),
      { numRuns: 100 },
    );
  });
});
