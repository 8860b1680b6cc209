import fc from "fast-check";
import { fitsPattern } from "./name-pattern";

describe("a name and a pattern", () => {
  test.each([
    ["shop", "shop", true],
    ["shop", "shops", false],
    ["*", "", true],
    ["demo-*", "demo-shop", true],
    ["demo-*", "demo", false],
    ["*-prod", "shop-prod", true],
    ["a*b*c", "axxbxxc", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["sh.p", "shop", false],
    ["", "", true],
    ["", "x", false],
  ])("%j and %j: %s", (pattern, name, fits) => {
    expect(fitsPattern(pattern, name)).toBe(fits);
  });

  test("agree with the regular expression that says the same", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "*"),
      maxLength: 8,
    });
    const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    fc.assert(
      fc.property(text, name, (pattern, candidate) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
        expect(fitsPattern(pattern, candidate)).toBe(
          expression.test(candidate),
        );
      }),
    );
  });
});
