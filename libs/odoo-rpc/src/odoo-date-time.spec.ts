import fc from "fast-check";
import { odooDateTime, parseOdooDateTime } from "./odoo-date-time";

describe("moments as Odoo writes them", () => {
  it("are UTC, without fractions", () => {
    expect(odooDateTime(new Date("2026-01-31T23:59:59.999+02:00"))).toBe(
      "2026-01-31 21:59:59",
    );
  });

  it("come back to the second", () => {
    const range = {
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const second = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseOdooDateTime(odooDateTime(date))?.getTime()).toBe(second);
      }),
    );
  });

  it.each([
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["20260131T01:02:03", "2026-01-31T01:02:03.000Z"],
    ["2026-01-31T01:02:03Z", "2026-01-31T01:02:03.000Z"],
    ["2026-01-31 01:02:03.123456", "2026-01-31T01:02:03.000Z"],
    ["2026-01-31T01:02:03-0530", "2026-01-31T06:32:03.000Z"],
  ])("%s is read", (text, iso) => {
    expect(parseOdooDateTime(text)?.toISOString()).toBe(iso);
  });

  it.each([
    "",
    "today",
    "2026-02-30",
    "2026-13-01",
    "2026-01-01 25:00:00",
    "2026-1-1",
    "2026-01-01Z",
    "26-01-01",
  ])("%j is no moment", (text) =>
    expect(parseOdooDateTime(text)).toBeUndefined(),
  );

  it.each([
    new Date(NaN),
    new Date(Date.UTC(10_000, 0, 1)),
    new Date(Date.UTC(-1, 0, 1)),
  ])("%p has no such form", (date) =>
    expect(() => odooDateTime(date)).toThrow(RangeError),
  );
});
