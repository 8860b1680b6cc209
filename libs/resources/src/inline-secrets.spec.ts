import fc from "fast-check";
import { inspectInlineValues, secretLookingPaths } from "./inline-secrets";
import {
  HARMLESS_LOOKING,
  SECRET_LOOKING,
} from "./testing/inline-secret-cases";

describe("Inline values", () => {
  it.each(SECRET_LOOKING)("look like a secret under %s", (key, value) => {
    expect(secretLookingPaths({ auth: { [key]: value } })).toEqual([
      `auth.${key}`,
    ]);
  });

  it.each(HARMLESS_LOOKING)(
    "do not look like a secret with %s: %j",
    (key, value) => {
      expect(secretLookingPaths({ auth: { [key]: value } })).toEqual([]);
    },
  );

  it("are looked into in lists, whose items stand under the key of the list", () => {
    const values = {
      users: [{ name: "a" }, { name: "b", password: "x" }],
      token: ["first", ["second"]],
    };
    expect(secretLookingPaths(values)).toEqual([
      "users[1].password",
      "token[0]",
      "token[1][0]",
    ]);
  });

  it("are refused where they are nested more deeply than anybody looks", () => {
    const nested = (levels: number): unknown =>
      levels === 0 ? { password: "x" } : { deeper: nested(levels - 1) };
    expect(secretLookingPaths(nested(2), 3)).toEqual([
      "deeper.deeper.password",
    ]);
    expect(inspectInlineValues(nested(3), 3)).toEqual([
      { path: "deeper.deeper.deeper", problem: "tooDeep" },
    ]);
  });

  it("are refused when they refer to themselves", () => {
    const values: Record<string, unknown> = {};
    values.self = values;
    expect(inspectInlineValues(values)).toMatchObject([{ problem: "tooDeep" }]);
  });

  it("are refused, in bounded time, when shared references make them huge", () => {
    let values: unknown = "x";
    for (let level = 0; level < 31; level += 1) values = [values, values];
    expect(inspectInlineValues(values)).toMatchObject([{ problem: "tooMany" }]);
  });

  it("with a secret anywhere in a document of JSON have its path among the findings", () => {
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    const path = fc.array(key, { minLength: 0, maxLength: 10 });
    fc.assert(
      fc.property(path, fc.jsonValue({ maxDepth: 2 }), (keys, other) => {
        const leaf: unknown = { aPassword: "hunter2", other };
        const values = keys.reduceRight<unknown>(
          (inner, name) => ({ [name]: inner }),
          leaf,
        );
        expect(secretLookingPaths(values)).toContain(
          [...keys, "aPassword"].join("."),
        );
      }),
    );
  });

  it("never make the search fail, and no finding repeats a value", () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true }),
        (values) => {
          const secret = "correct horse battery staple";
          const text = JSON.stringify(
            inspectInlineValues({ values, password: secret }),
          );
          expect(text).not.toContain(secret);
        },
      ),
    );
  });
});
