import type { Inequality } from "@vworkspace/odoo-rpc";
import { compileDomain } from "./compile-domain";
import type { RecordField } from "./record-model";
import { SqlParameters } from "./sql-parameters";

const created: RecordField = {
  name: "created_at",
  type: "datetime",
  sql: (alias) => `${alias}.created_at`,
  isTimeOfId: true,
};

function compiled(operator: Inequality, value: string) {
  const parameters = new SqlParameters();
  const sql = compileDomain(
    { kind: "compare", field: created, operator, value },
    { alias: "r", parameters, organization: "$0" },
  );
  return { sql, values: parameters.values };
}

describe("the time of an id, compared", () => {
  it("bounds the id, too, a day wider: the two clocks may differ", () => {
    const { sql, values } = compiled(">=", "2026-01-02 00:00:00");
    expect(sql).toBe("(r.created_at >= $1::timestamptz and r.id >= $2::uuid)");
    const dayBefore = Date.UTC(2026, 0, 1).toString(16).padStart(12, "0");
    expect(String(values[1]).replaceAll("-", "")).toBe(
      `${dayBefore}${"0".repeat(20)}`,
    );
    const dayAfter = Date.UTC(2026, 0, 3).toString(16).padStart(12, "0");
    expect(
      String(compiled("<", "2026-01-02 00:00:00").values[1]).replaceAll(
        "-",
        "",
      ),
    ).toBe(`${dayAfter}${"0".repeat(20)}`);
  });

  it.each([
    ["0000-01-01 00:00:00", "00000000-0000-0000-0000-000000000000"],
    ["1969-12-31 23:59:59", "00000000-0000-0000-0000-000000000000"],
    ["9999-12-31 23:59:59", expect.stringMatching(/^e6[0-9a-f]{6}-/) as string],
  ])("is a uuid for %s, too", (time, id) => {
    expect(compiled(">=", time).values[1]).toEqual(id);
  });
});
