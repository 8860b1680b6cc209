import { admissionPolicies } from "@vworkspace/resources";
import { missingPolicies } from "./missing-policies";

const NAMES = admissionPolicies().map(
  ({ file }) => `${file.replace(/\.yaml$/, "")}.vworkspace.io`,
);
const ALL = new Set(NAMES);
const [FIRST = ""] = NAMES;
const OTHERS = new Set(NAMES.slice(1));

describe("missingPolicies", () => {
  it.each([
    ["none where all are there and bound", ALL, ALL, []],
    ["one that is absent", OTHERS, ALL, [FIRST]],
    ["one that nothing binds", ALL, OTHERS, [FIRST]],
    ["all where there is none", new Set<string>(), ALL, NAMES],
    ["none for policies of others", new Set([...ALL, "theirs"]), ALL, []],
  ])("names %s", (_title, policies, bindings, missing) => {
    expect(missingPolicies(policies, bindings)).toEqual(missing);
  });
});
