import { windowsOfPolicies, windowsProblem } from "./policy-windows";

const NIGHT = { cron: "0 2 * * *", duration_minutes: 60 };
const WEEKEND = {
  cron: "0 0 * * 6",
  duration_minutes: 2880,
  timezone: "Europe/Vienna",
};
const ours = (maintenance_windows: readonly unknown[]) => ({
  name: "Production",
  cluster_id: null,
  maintenance_windows,
});

describe("The maintenance windows of a policy", () => {
  it("are right with and without a time zone", () => {
    expect(windowsProblem([NIGHT, WEEKEND])).toBeUndefined();
    expect(windowsProblem([])).toBeUndefined();
  });

  it.each<[unknown, string]>([
    ["0 2 * * *", "maintenance_windows[1] is no window"],
    [{ ...NIGHT, duration: 60 }, "maintenance_windows[1] is no window"],
    [{ ...NIGHT, durationMinutes: 60 }, "is no window"],
    [
      { cron: NIGHT.cron },
      "maintenance_windows[1].duration_minutes is required",
    ],
    [
      { ...NIGHT, duration_minutes: 0 },
      "maintenance_windows[1].duration_minutes must be at least 1, not 0",
    ],
    [
      { ...NIGHT, cron: "12 14 * *" },
      "maintenance_windows[1].cron must be five cron fields",
    ],
    [{ ...NIGHT, cron: "0 0 31 2 *" }, "never comes"],
    [
      { ...NIGHT, timezone: "Vienna/Europe" },
      "maintenance_windows[1].timezone must be an IANA time zone",
    ],
  ])("are wrong as %j", (window, words) => {
    const problem = windowsProblem([NIGHT, window]);
    expect(problem).toContain(words);
    expect(problem).toMatch(/\.$/);
  });

  it("are not too many for an instance that two policies give theirs", () => {
    const nine = Array.from({ length: 9 }, () => NIGHT);
    expect(windowsProblem(nine)).toContain("at most 8");
    expect(windowsProblem(nine.slice(1))).toBeUndefined();
  });
});

describe("The windows of all policies that apply", () => {
  it("are none where no policy has any", () => {
    expect(windowsOfPolicies([ours([])])).toEqual([]);
  });

  it("are a set for each policy", () => {
    const clusters = { ...ours([NIGHT]), cluster_id: "c1" };
    expect(windowsOfPolicies([ours([WEEKEND, NIGHT]), clusters])).toEqual([
      {
        cron: "0 0 * * 6",
        durationMinutes: 2880,
        timezone: "Europe/Vienna",
        set: "organization",
      },
      { cron: "0 2 * * *", durationMinutes: 60, set: "organization" },
      { cron: "0 2 * * *", durationMinutes: 60, set: "cluster" },
    ]);
  });

  it("refuse everything where somebody left what is no window", () => {
    expect(() => windowsOfPolicies([ours([{ from: "22:00" }])])).toThrow(
      "those of Production can't be kept to",
    );
  });
});
