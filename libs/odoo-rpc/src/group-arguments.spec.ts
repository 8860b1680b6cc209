import { parseGroupBy, parseGroupOrder } from "./group-arguments";

describe("a groupby", () => {
  it("is one term or a list of them, a moment with its span", () => {
    expect(parseGroupBy("state")).toEqual([
      { spec: "state", field: "state", span: undefined },
    ]);
    expect(parseGroupBy(["cluster_id", "created_at:month"])).toEqual([
      { spec: "cluster_id", field: "cluster_id", span: undefined },
      { spec: "created_at:month", field: "created_at", span: "month" },
    ]);
    for (const none of [undefined, null, false, "", []])
      expect(parseGroupBy(none)).toEqual([]);
  });

  it.each<readonly [unknown, string]>([
    [5, "groupby: 5 is neither a field"],
    ["a.b", 'groupby: "a.b" is neither a field'],
    [
      "created_at:quarter",
      'groupby: "created_at:quarter" asks for a span that there isn\'t; there are day and month.',
    ],
    [["a", "a"], "groupby names a term twice."],
    [["a", "b", "c", "d", "e"], "groupby has 5 terms; at most 4 are taken."],
  ])("that is %j is refused by name", (value, sentence) => {
    expect(() => parseGroupBy(value as string)).toThrow(sentence);
  });
});

describe("the order of groups", () => {
  const terms = parseGroupBy(["state", "created_at:day"]);

  it("names terms, with or without their span, or the count by either name", () => {
    expect(parseGroupOrder("created_at:day desc, state", terms)).toEqual([
      { by: 1, direction: "desc" },
      { by: 0, direction: "asc" },
    ]);
    expect(parseGroupOrder("__count desc", terms)).toEqual([
      { by: "count", direction: "desc" },
    ]);
    expect(parseGroupOrder("state_count", terms)).toEqual([
      { by: "count", direction: "asc" },
    ]);
    expect(parseGroupOrder(false, terms)).toEqual([]);
  });

  it("refuses what the groups don't have", () => {
    expect(() => parseGroupOrder("name", terms)).toThrow(
      'orderby: "name" is neither a term of groupby nor __count.',
    );
  });
});
