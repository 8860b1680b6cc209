import { withoutKey } from "./without-key";

describe("what the other side wrote, without the key", () => {
  it.each([
    [
      "Access denied for 0123456789ab.",
      "0123456789ab",
      "Access denied for ***.",
    ],
    ["xx0123456789abxx", "0123456789ab", "xx***xx"],
    ['"admin": wrong password admin', "admin", '"***": wrong password ***'],
    [
      "Only an administrator or admin2 may",
      "admin",
      "Only an administrator or admin2 may",
    ],
    ["a.b and axb", "a.b", "*** and axb"],
    ["(p$1)", "p$1", "(***)"],
    ["nothing", "", "nothing"],
  ])("of %j is, for the key %j, %j", (text, key, told) => {
    expect(withoutKey(text, key)).toBe(told);
  });
});
