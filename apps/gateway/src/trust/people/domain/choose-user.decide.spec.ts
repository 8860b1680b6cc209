import { chooseUser } from "./choose-user.decide";
import type { LinkedUser } from "./identity-store";

const user = (organizationCode: string, isActive = true): LinkedUser => ({
  organizationId: organizationCode,
  organizationCode,
  organizationName: organizationCode,
  identityId: "i",
  userId: "u",
  isActive,
});
const [one, two, gone] = [user("one"), user("two"), user("gone", false)];

describe("as whom somebody signs in", () => {
  it.each([
    ["nobody is linked", [], undefined, { kind: "none" }],
    ["one is linked", [one], undefined, { kind: "user", user: one }],
    [
      "two are linked",
      [one, two],
      undefined,
      { kind: "several", users: [one, two] },
    ],
    ["he says which", [one, two], "two", { kind: "user", user: two }],
    ["he says one that he isn't in", [one], "two", { kind: "none" }],
    [
      "only one of them is active",
      [one, gone],
      undefined,
      { kind: "user", user: one },
    ],
    [
      "he says the inactive one",
      [one, gone],
      "gone",
      { kind: "inactive", users: [gone] },
    ],
    ["none is active", [gone], undefined, { kind: "inactive", users: [gone] }],
  ])("is decided where %s", (_, linked, organization, choice) => {
    expect(chooseUser(linked, organization)).toEqual(choice);
  });
});
