import { utcTime } from "./event-time";

describe("times of events", () => {
  it.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"],
    ["2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000Z"],
    ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"],
    ["2026-01-02T03:04:05.999999999+02:30", "2026-01-02T00:34:05.999999Z"],
    ["2026-01-01T00:00:00+18:00", "2025-12-31T06:00:00.000000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"],
  ])("%s is %s", (timestamp, expected) => {
    expect(utcTime(timestamp)).toBe(expected);
  });

  it.each([
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "no time",
    "",
  ])("%p is none that PostgreSQL keeps", (timestamp) => {
    expect(utcTime(timestamp)).toBeUndefined();
  });
});
