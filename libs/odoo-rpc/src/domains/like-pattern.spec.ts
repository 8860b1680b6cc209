import fc from "fast-check";
import { isLike, likePattern } from "./like-pattern";

describe("likePattern", () => {
  it.each([
    ["ab", false, "%ab%"],
    ["ab", true, "ab"],
    ["a%b", false, "%a%b%"],
    ["a\\", true, "a\\\\"],
    ["a\\", false, "%a\\\\%"],
    ["a\\\\", true, "a\\\\"],
  ])("%j, whole %j, is %j", (pattern, isWhole, sql) => {
    expect(likePattern(pattern, isWhole)).toBe(sql);
  });

  it("comes to an end on as many backslashes as fit into a call", () => {
    const pattern = `${"\\".repeat(1_000_000)}a`;
    expect(likePattern(pattern, true)).toBe(pattern);
  });
});

describe("isLike", () => {
  it.each([
    ["", "", true],
    ["", "%", true],
    ["", "_", false],
    ["abc", "abc", true],
    ["abc", "ab", false],
    ["abc", "a%", true],
    ["abc", "%c", true],
    ["abc", "%b%", true],
    ["abc", "a_c", true],
    ["abc", "____", false],
    ["a%c", "a\\%c", true],
    ["abc", "a\\%c", false],
    ["a_c", "a\\_c", true],
    ["a\\c", "a\\\\c", true],
    ["𝄞", "_", true],
    ["a.c", "a.c", true],
    ["abc", "a.c", false],
    ["a\nb", "a%b", true],
    ["aab", "%ab", true],
    ["mississippi", "m%iss%pi", true],
  ])("%j like %j is %j", (text, pattern, expected) => {
    expect(isLike(text, pattern)).toBe(expected);
  });

  it("agrees with a regular expression", () => {
    const regexOf = (pattern: string): RegExp =>
      new RegExp(`^${pattern.replaceAll("%", "[^]*").replaceAll("_", "[^]")}$`);
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    const pattern = fc.string({
      unit: fc.constantFrom("a", "b", "%", "_"),
      maxLength: 8,
    });
    fc.assert(
      fc.property(text, pattern, (one, like) => {
        expect(isLike(one, like)).toBe(regexOf(like).test(one));
      }),
      { numRuns: 3000 },
    );
  });

  it("comes to an end on a pattern that ruins a backtracking matcher", () => {
    expect(isLike("a".repeat(3000), `${"%a".repeat(200)}%b`)).toBe(false);
  });
});
