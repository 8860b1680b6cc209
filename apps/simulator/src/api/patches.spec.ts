import { jsonPatch, mergePatch } from "./patches";
import { StatusError } from "./status-error";

describe("A JSON merge patch", () => {
  it.each([
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: 1 }, { a: null }, {}],
    [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ])("makes of %j with %j %j", (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });
});

describe("A JSON patch", () => {
  const document = { a: { "b/c": [1, 2], "~": 0 } };

  it.each([
    [
      [{ op: "add", path: "/a/b~1c/0", value: 0 }],
      { "b/c": [0, 1, 2], "~": 0 },
    ],
    [
      [{ op: "add", path: "/a/b~1c/-", value: 3 }],
      { "b/c": [1, 2, 3], "~": 0 },
    ],
    [[{ op: "remove", path: "/a/~0" }], { "b/c": [1, 2] }],
    [
      [{ op: "replace", path: "/a/b~1c/1", value: 9 }],
      { "b/c": [1, 9], "~": 0 },
    ],
    [[{ op: "move", from: "/a/~0", path: "/a/x" }], { "b/c": [1, 2], x: 0 }],
    [
      [{ op: "copy", from: "/a/b~1c", path: "/a/x" }],
      { "b/c": [1, 2], "~": 0, x: [1, 2] },
    ],
    [
      [{ op: "test", path: "/a/b~1c", value: [1, 2] }],
      { "b/c": [1, 2], "~": 0 },
    ],
  ])("does %j", (patch, expected) => {
    expect(jsonPatch(document, patch)).toEqual({ a: expected });
    expect(document).toEqual({ a: { "b/c": [1, 2], "~": 0 } });
  });

  it.each([
    [[{ op: "remove", path: "/a/none" }]],
    [[{ op: "replace", path: "/none", value: 1 }]],
    [[{ op: "add", path: "/a/b~1c/7", value: 1 }]],
    [[{ op: "add", path: "/a/b~1c/x", value: 1 }]],
    [[{ op: "add", path: "no-slash", value: 1 }]],
    [[{ op: "test", path: "/a/~0", value: 1 }]],
    [[{ op: "constructor", path: "/a" }]],
  ])("refuses %j as a whole", (patch) => {
    expect(() => jsonPatch(document, patch)).toThrow(StatusError);
  });

  it("adds a field called __proto__ as a field", () => {
    const patch = [
      { op: "add", path: "/__proto__", value: { polluted: true } },
    ];
    const patched = jsonPatch({}, patch) as object;
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
    expect(Object.keys(patched)).toEqual(["__proto__"]);
  });
});
