import fc from "fast-check";
import { RpcUsageError } from "../rpc-errors";
import type { DomainNode } from "./domain-node";
import { parseDomain } from "./parse-domain";

const isIn = (
  field: string,
  ...values: (string | number | boolean)[]
): DomainNode => ({
  kind: "in",
  field,
  values,
});
const not = (node: DomainNode): DomainNode => ({ kind: "not", node });
const and = (...nodes: DomainNode[]): DomainNode => ({ kind: "and", nodes });
const or = (...nodes: DomainNode[]): DomainNode => ({ kind: "or", nodes });
const any = (field: string, node: DomainNode): DomainNode => ({
  kind: "any",
  field,
  node,
});
const like = (
  pattern: string,
  isWhole: boolean,
  ignoresCase: boolean,
): DomainNode => ({
  kind: "like",
  field: "a",
  pattern,
  isWhole,
  ignoresCase,
});

describe("parseDomain", () => {
  it.each<[string, unknown, DomainNode]>([
    ["nothing is true", [], { kind: "constant", value: true }],
    ["true", true, { kind: "constant", value: true }],
    ["false", false, { kind: "constant", value: false }],
    ["the true condition", [[1, "=", 1]], { kind: "constant", value: true }],
    ["the false condition", [[0, "=", 1]], { kind: "constant", value: false }],
    [
      "not the true condition",
      ["!", [1, "=", 1]],
      { kind: "constant", value: false },
    ],
    ["=", [["a", "=", "x"]], isIn("a", "x")],
    ["==", [["a", "==", "x"]], isIn("a", "x")],
    ["!=", [["a", "!=", "x"]], not(isIn("a", "x"))],
    ["<>", [["a", "<>", "x"]], not(isIn("a", "x"))],
    ["= nil", [["a", "=", null]], isIn("a", false)],
    ["= []", [["a", "=", []]], isIn("a", false)],
    ["= a list", [["a", "=", [1, 2]]], isIn("a", 1, 2)],
    ["in", [["a", "in", [1, null, "x"]]], isIn("a", 1, false, "x")],
    ["in []", [["a", "in", []]], isIn("a")],
    ["in one value", [["a", "in", 5]], isIn("a", 5)],
    ["in False", [["a", "in", false]], isIn("a")],
    ["not in", [["a", "not in", [1]]], not(isIn("a", 1))],
    ["=? with a value", [["a", "=?", 3]], isIn("a", 3)],
    ["=? without one", [["a", "=?", false]], not(isIn("a"))],
    ["=? with an empty list", [["a", "=?", []]], not(isIn("a"))],
    ["child_of an id", [["a", "child_of", 3]], isIn("a", 3)],
    ["child_of ids", [["a", "child_of", [3, 4]]], isIn("a", 3, 4)],
    ["child_of nothing", [["a", "child_of", false]], isIn("a")],
    ["parent_of", [["a", "parent_of", 3]], isIn("a", 3)],
    [
      ">=",
      [["a", ">=", 3]],
      { kind: "compare", field: "a", operator: ">=", value: 3 },
    ],
    ["like", [["a", "like", "x"]], like("x", false, false)],
    ["ilike", [["a", "ilike", "x"]], like("x", false, true)],
    ["=like", [["a", "=like", "x%"]], like("x%", true, false)],
    ["=ilike", [["a", "=ilike", "x%"]], like("x%", true, true)],
    ["not ilike", [["a", "not ilike", "x"]], not(like("x", false, true))],
    ["not =like", [["a", "not =like", "x"]], not(like("x", true, false))],
    ["like a number", [["a", "like", 5]], like("5", false, false)],
    ["like nothing", [["a", "like", false]], like("", false, false)],
    ["=like nothing", [["a", "=like", ""]], isIn("a", false)],
    ["capitals", [["a", "ILIKE", "x"]], like("x", false, true)],
    [
      "an implied and",
      [
        ["a", "=", 1],
        ["b", "=", 2],
      ],
      and(isIn("a", 1), isIn("b", 2)),
    ],
    [
      "Polish notation",
      ["&", "!", ["a", "=", 1], "|", ["b", "=", 2], ["c", "=", 3]],
      and(not(isIn("a", 1)), or(isIn("b", 2), isIn("c", 3))),
    ],
    [
      "a connective followed by implied ands",
      ["|", ["a", "=", 1], ["b", "=", 2], ["c", "=", 3]],
      and(or(isIn("a", 1), isIn("b", 2)), isIn("c", 3)),
    ],
    ["two negations", ["!", ["a", "!=", 1]], isIn("a", 1)],
    ["a path", [["a.b.c", "=", 1]], any("a", any("b", isIn("c", 1)))],
    ["a negative path", [["a.b", "!=", 1]], any("a", not(isIn("b", 1)))],
    ["a negated path", ["!", ["a.b", "=", 1]], not(any("a", isIn("b", 1)))],
    ["any", [["a", "any", [["b", "=", 1]]]], any("a", isIn("b", 1))],
    [
      "not any",
      [["a.b", "not any", []]],
      any("a", not(any("b", { kind: "constant", value: true }))),
    ],
  ])("reads %s", (_title, domain, node) => {
    expect(parseDomain(domain)).toEqual(node);
  });

  it.each<[string, unknown, RegExp]>([
    [
      "an unknown operator",
      [["a", "~", 1]],
      /the operator "~" on a is unknown; there are =, in, like/,
    ],
    [
      "Odoo's internal operators",
      [["a", "any!", []]],
      /the operator "any!" on a is unknown/,
    ],
    [
      "an operator that is no text",
      [["a", 5, 1]],
      /the operator 5 on a is unknown/,
    ],
    [
      "inherited names as operators",
      [["a", "constructor", 1]],
      /"constructor" on a is unknown/,
    ],
    ["nil", null, /null is no domain/],
    ["text", "[]", /"\[\]" is no domain/],
    ["a struct", {}, /\{\} is no domain/],
    ["a condition without list", ["a", "=", 1], /"a" is neither|1 is neither/],
    ["two parts", [["a", "="]], /\["a","="\] is neither/],
    [
      "four parts",
      [["a", "=", 1, 2]],
      /is neither "&", "\|", "!" nor \[field, operator, value\]/,
    ],
    ["an unknown connective", ["^", ["a", "=", 1]], /"\^" is neither/],
    [
      "a connective without operands",
      ["&"],
      /"&" has too few conditions to its right/,
    ],
    ["a connective with one operand", ["|", ["a", "=", 1]], /"\|" has too few/],
    ["a negation of nothing", [["a", "=", 1], "!"], /"!" has too few/],
    ["an empty field", [["", "=", 1]], /"" is no field/],
    ["SQL as field", [["a; --", "=", 1]], /"a; --" is no field/],
    ["a path with a hole", [["a..b", "=", 1]], /"a\.\.b" is no field/],
    ["a list as field", [[["a"], "=", 1]], /\["a"\] is no field/],
    [
      "other constants",
      [[1, "=", 2]],
      /\[1,"=",2\] is neither \[1, "=", 1\] \(true\)/,
    ],
    ["a list as value of <", [["a", "<", [1]]], /a can't be compared to \[1\]/],
    [
      "a struct as value",
      [["a", "=", { b: 1 }]],
      /a can't be compared to \{"b":1\}/,
    ],
    ["lists in a list", [["a", "in", [[1]]]], /a can't be compared to \[1\]/],
    ["like true", [["a", "like", true]], /a can't be matched with true/],
    ["any without a domain", [["a", "any", 5]], /5 is no domain/],
    ["seven segments", [["a.b.c.d.e.f.g", "=", 1]], /more than 6 segments/],
  ])("refuses %s by name", (_title, domain, message) => {
    expect(() => parseDomain(domain)).toThrow(RpcUsageError);
    expect(() => parseDomain(domain)).toThrow(message);
  });

  it("refuses more conditions, values or levels than its limits", () => {
    const limits = { conditions: 3, values: 5, depth: 2 };
    const leaf = ["a", "=", 1];
    expect(parseDomain(["&", "&", leaf, leaf, leaf], limits)).toMatchObject({
      kind: "and",
    });
    expect(() => parseDomain(Array(7).fill(leaf), limits)).toThrow(
      /more than 5 values|more than 3 conditions/,
    );
    expect(() => parseDomain(Array(7).fill(["a", "in", []]), limits)).toThrow(
      /more than 3 conditions/,
    );
    expect(() =>
      parseDomain([["a", "in", [1, 2, 3, 4, 5, 6]]], limits),
    ).toThrow(/more than 5 values/);
    const nested = [["a", "any", [["a", "any", [leaf]]]]];
    expect(() => parseDomain(nested, limits)).toThrow(
      /more than 2 levels of "any"/,
    );
    expect(() =>
      parseDomain([...Array<string>(100_000).fill("!"), leaf]),
    ).toThrow(/more than 500 conditions/);
  });

  it("stops at its limit however deep domains are nested in each other", () => {
    let domain: unknown = [];
    for (let level = 0; level < 100_000; level += 1)
      domain = [["a", "any", domain]];
    expect(() => parseDomain(domain)).toThrow(/more than 6 levels/);
  });

  it("throws nothing but its own error, whatever comes", () => {
    const piece = fc.oneof(
      fc.constantFrom<unknown>("&", "|", "!"),
      fc.tuple(
        fc.oneof(fc.constantFrom("a", "a.b", "", "__proto__"), fc.anything()),
        fc.oneof(
          fc.constantFrom("=", "in", "any", "like", "=?", "<", "child_of"),
          fc.anything(),
        ),
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
        }),
      ),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(piece)), (value) => {
        try {
          parseDomain(value);
        } catch (error) {
          expect(error).toBeInstanceOf(RpcUsageError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
