import { RpcUsageError } from "./rpc-errors";
import type { RpcValue } from "./rpc-value";
import {
  parseFieldNames,
  parseIds,
  parseLimit,
  parseOffset,
  parseOrder,
  parseUid,
} from "./search-arguments";

const known = ["id", "name", "create_date"];
const isKnown = (field: string): boolean => known.includes(field);

describe("parseOrder", () => {
  it.each<RpcValue | undefined>(["", false, null, undefined])(
    "%j means the default",
    (order) => {
      expect(parseOrder(order, isKnown)).toEqual([]);
    },
  );

  it("reads terms, directions and where the unset go; the first mention of a field counts", () => {
    expect(
      parseOrder('name DESC nulls Last, "id" , create_date asc, name', isKnown),
    ).toEqual([
      { field: "name", direction: "desc", nulls: "last" },
      { field: "id", direction: "asc", nulls: undefined },
      { field: "create_date", direction: "asc", nulls: undefined },
    ]);
  });

  it.each<[RpcValue, RegExp]>([
    ["nam", /order: the field "nam" does not exist/],
    ["constructor", /order: the field "constructor" does not exist/],
    ["name; drop table x", /order: "name; drop table x" is no "field"/],
    ["name,", /order: "" is no "field"/],
    ["name sideways", /order: "name sideways" is no/],
    ["cluster_id.name", /order: "cluster_id.name" is no/],
    [5, /order must be a text/],
    [["name"], /order must be a text/],
    ["name ".repeat(300), /order must be a text of at most 1000/],
  ])("refuses %j", (order, message) => {
    expect(() => parseOrder(order, isKnown)).toThrow(RpcUsageError);
    expect(() => parseOrder(order, isKnown)).toThrow(message);
  });
});

describe("parseFieldNames", () => {
  it.each<RpcValue | undefined>(
    [[], false, null, undefined].map((v) => v as RpcValue),
  )("%j means all", (fields) => {
    expect(parseFieldNames(fields, known)).toEqual(known);
  });

  it("keeps the order and each name once", () => {
    expect(parseFieldNames(["name", "id", "name"], known)).toEqual([
      "name",
      "id",
    ]);
  });

  it.each<[RpcValue, RegExp]>([
    [["name", "nam"], /fields: the field "nam" does not exist/],
    [[1], /fields: the field 1 does not exist/],
    ["name", /fields must be a list/],
  ])("refuses %j", (fields, message) => {
    expect(() => parseFieldNames(fields, known)).toThrow(message);
  });
});

describe("ids, uid, limit and offset", () => {
  it("ids are a list, one id, or none; order and duplicates stay", () => {
    expect(parseIds([3, 1, 3])).toEqual([3, 1, 3]);
    expect(parseIds(5)).toEqual([5]);
    expect(parseIds(false)).toEqual([]);
    expect(parseIds([])).toEqual([]);
  });

  it.each<RpcValue>(["5", ["5"], [1.5], [null], true, {}])(
    "%j is no id",
    (ids) => {
      expect(() => parseIds(ids)).toThrow(/^ids: .* is no id/);
    },
  );

  it.each<[RpcValue | undefined, number | undefined]>([
    [2, 2],
    ["2", 2],
    [0, undefined],
    ["", undefined],
    ["2a", undefined],
    [false, undefined],
    [-1, undefined],
    [1.5, undefined],
    [undefined, undefined],
  ])("the uid %j is %j", (value, uid) => {
    expect(parseUid(value)).toBe(uid);
  });

  it.each<RpcValue | undefined>([0, false, null, undefined])(
    "the limit %j means none",
    (limit) => {
      expect(parseLimit(limit)).toBeUndefined();
      expect(parseOffset(limit)).toBe(0);
    },
  );

  it("take a number that arrives as text", () => {
    expect(parseLimit("10")).toBe(10);
    expect(parseOffset("0")).toBe(0);
  });

  it.each<RpcValue>([-1, 1.5, "-1", "1e3", "ten", true, [1]])(
    "%j is neither limit nor offset",
    (value) => {
      expect(() => parseLimit(value)).toThrow(/^limit: .* is no whole number/);
      expect(() => parseOffset(value)).toThrow(/^offset: /);
    },
  );
});
