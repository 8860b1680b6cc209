import fc from "fast-check";
import {
  childKey,
  describePath,
  fromFieldsV1,
  inOrder,
  isSame,
  reaches,
  toFieldsV1,
} from "./field-set";

const key = fc.oneof(
  fc.stringMatching(/^[a-z]{1,4}$/).map((name) => `f:${name}`),
  fc.stringMatching(/^[a-z]{1,3}$/).map((name) => `k:{"name":"${name}"}`),
  fc.integer().map((value) => `v:${value}`),
);
const path = fc
  .array(key, { minLength: 1, maxLength: 4 })
  .map((keys) => keys.reduce(childKey, ""));

describe("A set of fields", () => {
  it("survives being written as managedFields and read again", () => {
    fc.assert(
      fc.property(fc.array(path), (paths) => {
        const set = new Set(paths);
        expect(isSame(fromFieldsV1(toFieldsV1(set)), set)).toBe(true);
      }),
    );
  });

  it("is listed in order without loss", () => {
    fc.assert(
      fc.property(fc.array(path), (paths) => {
        const set = new Set(paths);
        const listed = inOrder(set);
        expect(listed.length).toBe(set.size);
        expect(isSame(new Set(listed), set)).toBe(true);
      }),
    );
  });

  it("writes a dot only for a container that is a member itself", () => {
    const set = new Set([
      "f:a",
      childKey("f:a", "f:b"),
      childKey("f:c", "f:d"),
    ]);
    expect(toFieldsV1(set)).toEqual({
      "f:a": { ".": {}, "f:b": {} },
      "f:c": { "f:d": {} },
    });
  });

  it("reaches what is below a path, and not what only begins like it", () => {
    const set = new Set([childKey("f:ab", "f:c")]);
    expect([reaches(set, "f:ab"), reaches(set, "f:a")]).toEqual([true, false]);
  });

  it("describes paths as the API does in conflicts", () => {
    const port = [
      "f:spec",
      "f:ports",
      'k:{"port":80,"protocol":"TCP"}',
      "f:name",
    ];
    expect(describePath(port.reduce(childKey, ""))).toBe(
      '.spec.ports[port=80,protocol="TCP"].name',
    );
    expect(describePath(childKey("f:tags", 'v:"a"'))).toBe('.tags[="a"]');
  });
});
