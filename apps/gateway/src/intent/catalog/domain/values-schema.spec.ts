import { misfit, schemaProblem } from "./values-schema";

/** Each definition is the one before it, twice. */
function doubled(times: number): Record<string, unknown> {
  const definitions: Record<string, unknown> = { d0: { type: "string" } };
  for (let index = 1; index <= times; index += 1) {
    const $ref = `#/definitions/d${index - 1}`;
    definitions[`d${index}`] = { allOf: [{ $ref }, { $ref }] };
  }
  return {
    definitions,
    properties: { a: { $ref: `#/definitions/d${times}` } },
  };
}

describe("schemas of values", () => {
  it.each<[string, Record<string, unknown>, unknown]>([
    [
      "a pattern that backtracks for ever",
      { properties: { a: { pattern: "^(a+)+$" } } },
      { a: `${"a".repeat(60)}!` },
    ],
    ["references that double at each step", doubled(50), { a: "x" }],
  ])("are given up where they are slow: %s", (_, schema, values) => {
    expect(schemaProblem(schema)).toBeUndefined();
    expect(misfit(schema, values)).toContain("takes longer than");
  });

  it("that answer with a promise are refused, also one that is kept already: its rejection would end the process", () => {
    const schema = { $async: true, required: ["host"] };
    expect(schemaProblem(schema)).toContain("$async");
    expect(misfit(schema, {})).toContain("$async");
  });

  it("that refer to themselves without end are refused in a sentence", () => {
    expect(misfit({ $ref: "#" }, {})).toContain("nested too deeply");
  });
});
