import fc from "fast-check";
import semver from "semver";
import { isExactSemver } from "./exact-semver";

describe("An exact version", () => {
  it.each([
    "0.0.0",
    "1.2.3",
    "10.20.30",
    "1.2.3-rc.1",
    "1.2.3-0.a.-",
    "1.2.3+build.001",
    "1.2.3-rc.1+build-5",
    "999999999999999.0.0",
  ])("is %s", (text) => {
    expect(isExactSemver(text)).toBe(true);
  });

  it.each([
    ["", "empty"],
    ["1", "one number"],
    ["1.2", "two numbers"],
    ["1.2.3.4", "four numbers"],
    ["v1.2.3", "a leading v"],
    ["=1.2.3", "an operator"],
    ["^1.2.3", "a range"],
    ["1.2.x", "a wildcard"],
    ["latest", "a word"],
    ["01.2.3", "a leading zero"],
    ["1.2.3-01", "a leading zero in the pre-release"],
    ["1.2.3-", "an empty pre-release"],
    ["1.2.3-a..b", "an empty part"],
    ["1.2.3+", "empty build metadata"],
    ["1.2.3+a+b", "two builds"],
    [" 1.2.3", "a leading space"],
    ["1.2.3\n", "a trailing line break"],
    ["1.2.3-ä", "a letter beyond ASCII"],
    ["1000000000000000.0.0", "a number of 16 digits"],
    [`1.2.3-${"a".repeat(123)}`, "129 characters"],
  ])("is not %j: %s", (text) => {
    expect(isExactSemver(text)).toBe(false);
  });

  const number = fc.nat({ max: 999_999_999_999_999 }).map(String);
  const part = fc.stringMatching(/^[0-9A-Za-z-]{1,6}$/);
  const parts = fc
    .array(part, { minLength: 1, maxLength: 4 })
    .map((list) => list.join("."));
  const versionLike = fc
    .tuple(
      number,
      number,
      number,
      fc.option(parts, { nil: undefined }),
      fc.option(parts, { nil: undefined }),
    )
    .map(([major, minor, patch, pre, build]) => {
      const suffix = pre === undefined ? "" : `-${pre}`;
      const metadata = build === undefined ? "" : `+${build}`;
      return `${major}.${minor}.${patch}${suffix}${metadata}`;
    });

  /** node-semver drops build metadata, a leading v or = and spaces around; none of them is in these texts. */
  const isValidToSemver = (text: string) => semver.valid(text) !== null;

  it("is what node-semver accepts, for texts that look like versions", () => {
    fc.assert(
      fc.property(versionLike, (text) => {
        expect(isExactSemver(text)).toBe(isValidToSemver(text));
      }),
      { numRuns: 1000 },
    );
  });

  it("is accepted by node-semver as it stands, whatever the text", () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9.x^~v=+a-z-]{0,12}$/),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        if (!isExactSemver(candidate)) return;
        expect(semver.parse(candidate)?.raw).toBe(candidate);
      }),
      { numRuns: 2000 },
    );
  });
});
