import { coversCall, coversScope, isScope } from "./key-scopes";

const JOB = "vworkspace.job";
const CLUSTER = "vworkspace.cluster";
const CALLS = [JOB, CLUSTER].flatMap((model) =>
  ["search_read", "read", "create", "action_revoke"].map(
    (method) => [model, method] as const,
  ),
);

describe("the scopes of a key", () => {
  it.each([
    [["all"], CLUSTER, "action_revoke", true],
    [["read"], CLUSTER, "search_read", true],
    [["read"], CLUSTER, "create", false],
    [[`read:${JOB}`], JOB, "read", true],
    [[`read:${JOB}`], CLUSTER, "read", false],
    [[`read:${JOB}`], JOB, "create", false],
    [[`models:${CLUSTER}`], CLUSTER, "action_revoke", true],
    [[`models:${CLUSTER}`], `${CLUSTER}.other`, "read", false],
    [[], JOB, "read", false],
    [[`read:${JOB}`], CLUSTER, "fields_get", true],
    [[`read:${JOB}`], "res.users", "context_get", true],
  ] as const)("%j on %s %s: %s", (scopes, model, method, expected) => {
    expect(coversCall(scopes, model, method)).toBe(expected);
  });

  it("hand on no more than they cover themselves", () => {
    const some = ["all", "read", `read:${JOB}`, `models:${JOB}`];
    for (const held of some)
      for (const asked of some) {
        if (!coversScope([held], asked)) continue;
        for (const [model, method] of CALLS)
          expect(
            coversCall([asked], model, method) &&
              !coversCall([held], model, method),
          ).toBe(false);
      }
    expect(coversScope(["read"], `read:${JOB}`)).toBe(true);
    expect(coversScope([`models:${JOB}`], `read:${JOB}`)).toBe(true);
    expect(coversScope([`models:${JOB}`], "read")).toBe(false);
    expect(coversScope(["read"], "all")).toBe(false);
    expect(coversScope([`read:${JOB}`], `models:${JOB}`)).toBe(false);
  });

  it.each(["", "ALL", "write", "models:", "models:*", "read:x y", "all "])(
    "are none of these: %j",
    (text) => {
      expect(isScope(text)).toBe(false);
    },
  );
});
