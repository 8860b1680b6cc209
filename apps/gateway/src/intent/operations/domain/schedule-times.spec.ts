import type { ScheduleFields } from "./schedule";
import { comeDue, nextDue, scheduleProblem } from "./schedule-times";

const nightly = { cron: "0 2 * * *", timezone: "UTC" };
const at = (text: string) => new Date(`2026-${text}Z`);

describe("due times", () => {
  it("come after a moment, never at it", () => {
    expect(nextDue(nightly, at("01-01T02:00"))).toEqual(at("01-02T02:00"));
  });

  it.each([
    ["03-28T12:00", "03-29T01:00", "at the first time that exists"],
    ["10-24T12:00", "10-25T00:30", "in the first of two hours"],
  ])("after %s in Vienna come %s, %s", (after, due) => {
    const cron = due.endsWith("30") ? "30 2 * * *" : "0 2 * * *";
    const vienna = { cron, timezone: "Europe/Vienna" };
    expect(nextDue(vienna, at(after))).toEqual(at(due));
  });

  it.each([
    ["01-01T02:00", "01-01", 0],
    ["01-01T23:00", "01-01", 0],
    ["01-02T02:00", "01-02", 1],
    ["01-09T01:59", "01-08", 7],
  ])(
    "that nobody looked at until %s make one of %s, and %i missed",
    (now, newest, missed) => {
      expect(comeDue(nightly, at("01-01T02:00"), at(now))).toEqual({
        newest: at(`${newest}T02:00`),
        missed,
      });
    },
  );

  it("are counted no further than 1000", () => {
    const always = { cron: "* * * * *", timezone: "UTC" };
    const { missed } = comeDue(always, at("01-01T00:00"), at("06-01T00:00"));
    expect(missed).toBe(1000);
  });
});

describe("a schedule", () => {
  const fields: ScheduleFields = {
    ...nightly,
    name: "x",
    type: "Backup",
    engine: "velero",
    parameters_json: "{}",
    keep: 7,
    active: true,
    external_ref: null,
  };

  it("is fine with five fields and a time zone", () => {
    expect(scheduleProblem(fields)).toBeUndefined();
    expect(scheduleProblem({ ...fields, keep: null })).toBeUndefined();
  });

  it.each([
    [{ timezone: "Moon/Crater" }, 'timezone is "Moon/Crater"'],
    [{ cron: "tomorrow" }, 'cron is "tomorrow"'],
    [{ cron: "0 0 2 * * *" }, "five fields"],
    [{ cron: "0 0 30 2 *" }, "never comes"],
    [{ cron: "0 0 * * *".padEnd(200) }, "five fields"],
    [{ keep: 0 }, "keep is 0"],
    [{ keep: 1001 }, "1 to 1000"],
  ])("with %j is refused", (changes, why) => {
    expect(scheduleProblem({ ...fields, ...changes })).toContain(why);
  });
});
