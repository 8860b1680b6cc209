import fc from "fast-check";
import { RpcUsageError } from "../rpc-errors";
import { bindDomain } from "./bind-domain";
import type { DomainModel } from "./domain-model";
import { evaluateDomain } from "./evaluate-domain";
import { parseDomain } from "./parse-domain";
import {
  clusterModel,
  instanceModel,
  reader,
  RECORDS,
  type SampleField,
  type SampleRecord,
} from "./testing/sample-models";

function search(model: DomainModel<SampleField>, domain: unknown): number[] {
  const node = bindDomain(parseDomain(domain), model);
  return RECORDS.filter(
    (record) =>
      record.model === model.name && evaluateDomain(node, record, reader),
  ).map((record) => record.id);
}

describe("a domain on records in memory, by Odoo's rules", () => {
  it.each<[string, unknown, number[]]>([
    ["everything", [], [1, 2, 3, 4]],
    ["text equal", [["name", "=", "Alpha"]], [1]],
    ["text not set or empty", [["name", "=", false]], [3, 4]],
    ["text empty or not set", [["name", "=", ""]], [3, 4]],
    ["text set", [["name", "!=", false]], [1, 2]],
    ["text different, the unset too", [["name", "!=", "Alpha"]], [2, 3, 4]],
    [
      "text in a list with false",
      [["name", "in", ["Alpha", false]]],
      [1, 3, 4],
    ],
    [
      "text not in a list with false",
      [["name", "not in", ["Alpha", false]]],
      [2],
    ],
    ["in nothing", [["name", "in", []]], []],
    ["not in nothing", [["name", "not in", []]], [1, 2, 3, 4]],
    ["text compared, the unset as empty", [["name", "<", "b"]], [1, 3, 4]],
    ["like", [["name", "like", "alp"]], []],
    ["ilike", [["name", "ilike", "ALP"]], [1]],
    ["not ilike, the unset too", [["name", "not ilike", "alp"]], [2, 3, 4]],
    [
      "like nothing is true, also for the unset",
      [["name", "like", ""]],
      [1, 2, 3, 4],
    ],
    ["not like nothing is false", [["name", "not like", ""]], []],
    ["=like as a whole", [["name", "=like", "beta"]], []],
    ["=like with a wildcard", [["name", "=like", "beta__"]], [2]],
    ["=ilike", [["name", "=ilike", "ALPHA"]], [1]],
    ["an escaped underscore", [["name", "like", "a\\_2"]], [2]],
    ["selection not set", [["state", "=", false]], [4]],
    ["selection different", [["state", "!=", "active"]], [2, 4]],
    ["number 0, the unset too", [["size", "=", 0]], [3, 4]],
    ["number not set is 0", [["size", "=", false]], [3, 4]],
    ["number different", [["size", "!=", 0]], [1, 2]],
    ["number less, the unset as 0", [["size", "<", 1]], [2, 3, 4]],
    ["number greater", [["size", ">", 0]], [1]],
    ["number from a text", [["size", "=", "3"]], [1]],
    ["number by its digits", [["load", "like", "0.5"]], [1]],
    ["boolean true", [["connected", "=", true]], [1]],
    ["boolean false, the unset too", [["connected", "=", false]], [2, 3, 4]],
    ["boolean not true", [["connected", "!=", true]], [2, 3, 4]],
    ["boolean both", [["connected", "in", [true, false]]], [1, 2, 3, 4]],
    ["boolean as text", [["connected", "=", "True"]], [1]],
    ["boolean as number", [["connected", "=", 1]], [1]],
    [
      "moment equal, to the second",
      [["last_seen", "=", "2026-01-31 23:59:59"]],
      [1],
    ],
    [
      "moment after, in whole seconds",
      [["last_seen", ">", "2026-01-31 23:59:59"]],
      [3],
    ],
    [
      "moment up to, the whole second",
      [["last_seen", "<=", "2026-01-31 23:59:59"]],
      [1, 2],
    ],
    ["up to a day, all of it", [["last_seen", "<=", "2026-01-31"]], [1, 2]],
    ["after a day", [["last_seen", ">", "2026-01-31"]], [3]],
    ["before a day", [["last_seen", "<", "2026-02-01"]], [1, 2]],
    ["from a day", [["last_seen", ">=", "2026-01-31"]], [1, 2, 3]],
    ["moment not set", [["last_seen", "=", false]], [4]],
    ["moment less than nothing", [["last_seen", "<", false]], []],
    [
      "moment not less, the unset too",
      ["!", ["last_seen", "<", "2026-02-01"]],
      [3, 4],
    ],
    [
      "up to the end of the calendar",
      [["last_seen", "<=", "9999-12-31"]],
      [1, 2, 3],
    ],
    ["after the end of the calendar", [["last_seen", ">", "9999-12-31"]], []],
    [
      "at the end of the calendar",
      [["last_seen", "=", "9999-12-31 23:59:59"]],
      [],
    ],
    ["moment by its digits", [["last_seen", "like", "01-31"]], [1, 2]],
    ["day equal", [["born", "=", "2026-01-31"]], [1]],
    ["day after a moment of it", [["born", ">", "2026-01-31 12:00:00"]], [2]],
    ["struct set", [["conditions", "!=", false]], [1, 3]],
    ["=? without a value", [["name", "=?", false]], [1, 2, 3, 4]],
    ["=? with a value", [["name", "=?", "Alpha"]], [1]],
    ["id", [["id", "in", [4, 1, 99]]], [1, 4]],
    ["display_name", [["display_name", "=", "Alpha"]], [1]],
    ["child_of without hierarchy", [["id", "child_of", [2]]], [2]],
    ["one2many by name", [["instance_ids", "=", "shop"]], [1]],
    ["one2many empty", [["instance_ids", "=", false]], [3, 4]],
    ["one2many not among", [["instance_ids", "not in", [1]]], [2, 3, 4]],
    ["one2many path", [["instance_ids.name", "ilike", "ALPHA"]], [1]],
    [
      "a negative path asks for a related record",
      [["instance_ids.name", "!=", "shop"]],
      [1, 2],
    ],
    [
      "a negated path does not",
      ["!", ["instance_ids.name", "=", "shop"]],
      [2, 3, 4],
    ],
    [
      "any",
      [
        [
          "instance_ids",
          "any",
          [
            ["name", "=", "shop"],
            ["id", ">", 0],
          ],
        ],
      ],
      [1],
    ],
    [
      "not any",
      [["instance_ids", "not any", [["name", "=", "shop"]]]],
      [2, 3, 4],
    ],
    ["constants", ["|", [0, "=", 1], ["size", "=", 3]], [1]],
  ])("%s", (_title, domain, ids) => {
    expect(search(clusterModel, domain)).toEqual(ids);
  });

  it.each<[string, unknown, number[]]>([
    ["many2one by id", [["cluster_id", "=", 1]], [1, 2]],
    ["many2one by name", [["cluster_id", "=", "Alpha"]], [1, 2]],
    [
      "many2one by another name, the unset too",
      [["cluster_id", "!=", "Alpha"]],
      [3, 4],
    ],
    ["many2one ilike", [["cluster_id", "ilike", "BETA"]], [3]],
    [
      "many2one like nothing means set",
      [["cluster_id", "like", ""]],
      [1, 2, 3],
    ],
    ["many2one not set", [["cluster_id", "=", false]], [4]],
    [
      "many2one among ids, names and nothing",
      [["cluster_id", "in", [2, "Alpha", false]]],
      [1, 2, 3, 4],
    ],
    ["many2one compared by id", [["cluster_id", ">", 1]], [3]],
    ["many2one child_of", [["cluster_id", "child_of", 1]], [1, 2]],
    [
      "a path over two relations",
      [["cluster_id.instance_ids.name", "=", "shop"]],
      [1, 2],
    ],
    ["a literal percent sign", [["name", "=like", "\\%"]], [3]],
  ])("%s", (_title, domain, ids) => {
    expect(search(instanceModel, domain)).toEqual(ids);
  });

  it.each<[string, unknown, RegExp]>([
    [
      "an unknown field",
      [["nam", "=", "x"]],
      /the field nam does not exist on cluster; fields_get/,
    ],
    [
      "an unknown field, compared to nothing",
      [["nam", "in", []]],
      /nam does not exist/,
    ],
    [
      "an unknown field with =? and no value",
      [["nam", "=?", false]],
      /nam does not exist/,
    ],
    [
      "an unknown field behind a path",
      [["instance_ids.nam", "=", "x"]],
      /nam does not exist on instance/,
    ],
    [
      "an unknown field in any",
      [["instance_ids", "any", [["nam", "=", 1]]]],
      /nam does not exist on instance/,
    ],
    [
      "inherited names",
      [["constructor", "=", "x"]],
      /constructor does not exist/,
    ],
    [
      "a path through a plain field",
      [["name.x", "=", "x"]],
      /name on cluster is of type char and leads to no other record/,
    ],
    [
      "a text as number",
      [["size", "=", "many"]],
      /size is of type integer and can't be compared to "many"; use an integer/,
    ],
    ["a fraction as id", [["id", "=", 1.5]], /id is of type integer .* 1\.5/],
    ["true as text", [["name", "=", true]], /use a text, or "!=" with false/],
    [
      "a word as moment",
      [["last_seen", ">", "yesterday"]],
      /"yesterday"; use "YYYY-MM-DD HH:MM:SS" in UTC/,
    ],
    [
      "a number as moment",
      [["last_seen", ">", 5]],
      /use "YYYY-MM-DD HH:MM:SS"/,
    ],
    [
      "a date no calendar has",
      [["born", "=", "2026-02-30"]],
      /"2026-02-30"; use "YYYY-MM-DD"/,
    ],
    [
      "a pattern on a boolean",
      [["connected", "like", "x"]],
      /connected is of type boolean, which this operator/,
    ],
    [
      "a value of a struct",
      [["conditions", "=", "x"]],
      /conditions is of type json .*; use false/,
    ],
    [
      "a pattern on a struct",
      [["conditions", "ilike", "x"]],
      /conditions is of type json/,
    ],
    [
      "a relation less than a name",
      [["instance_ids", "<", "x"]],
      /can't be compared to "x"; use an id/,
    ],
    [
      "a relation equal to true",
      [["instance_ids", "=", true]],
      /use an id, a name or false/,
    ],
  ])("refuses %s by name", (_title, domain, message) => {
    expect(() => search(clusterModel, domain)).toThrow(RpcUsageError);
    expect(() => search(clusterModel, domain)).toThrow(message);
  });
});

const nameField: SampleField = { name: "name", type: "char" };

/**
 * The same rules said another way, on the domain as it was written: unset texts are "", unset numbers 0, moments are cut
 * to what the value has; patterns are regular expressions; connectives are read from the left.
 */
class Oracle {
  constructor(private readonly model: DomainModel<SampleField>) {}

  accepts(domain: readonly unknown[], record: SampleRecord): boolean {
    const rest = [...domain];
    let result = true;
    while (rest.length > 0) result = this.next(rest, record) && result;
    return result;
  }

  private next(rest: unknown[], record: SampleRecord): boolean {
    const item = rest.shift();
    if (item === "!") return !this.next(rest, record);
    if (item === "&" || item === "|") {
      const left = this.next(rest, record);
      const right = this.next(rest, record);
      return item === "&" ? left && right : left || right;
    }
    return this.leaf(item as [string, string, unknown], record);
  }

  private leaf(
    [path, operator, value]: [string, string, unknown],
    record: SampleRecord,
  ): boolean {
    const [name, ...deeper] = path.split(".");
    const field = this.model.field(name ?? "") as SampleField;
    const related = new Oracle(this.model.comodel(field) ?? this.model);
    if (deeper.length > 0) {
      const leaf = [deeper.join("."), operator, value] as [
        string,
        string,
        unknown,
      ];
      return reader
        .related(record, field)
        .some((one) => related.leaf(leaf, one));
    }
    const positive = operator.replace("!=", "=").replace("not ", "");
    if (positive !== operator)
      return !this.leaf([path, positive, value], record);
    if (operator === "any")
      return reader
        .related(record, field)
        .some((one) => related.accepts(value as unknown[], one));
    if (operator === "in")
      return (value as unknown[]).some((one) =>
        this.leaf([path, "=", one], record),
      );
    if (field.relation !== undefined)
      return this.relation(operator, value, reader.related(record, field));
    return this.plain(
      field,
      operator,
      value,
      record.values[field.name] ?? null,
    );
  }

  private relation(
    operator: string,
    value: unknown,
    records: readonly SampleRecord[],
  ): boolean {
    if (value === false) return records.length === 0;
    return records.some((one) =>
      typeof value === "number"
        ? compare(operator, one.id, value)
        : this.plain(nameField, operator, value, one.values.name ?? null),
    );
  }

  private plain(
    field: SampleField,
    operator: string,
    value: unknown,
    cell: string | number | boolean | null,
  ): boolean {
    if (field.type === "boolean") return Boolean(cell) === Boolean(value);
    if (field.type === "datetime") return moment(operator, value, cell);
    if (cell === null && operator.endsWith("like")) return false;
    const empty = { char: "", integer: 0 }[field.type as string] ?? false;
    return compare(operator, cell ?? empty, value === false ? empty : value);
  }
}

function moment(operator: string, value: unknown, cell: unknown): boolean {
  if (cell === null || value === false)
    return operator === "=" && cell === null && value === false;
  const text = value as string;
  const second = text.length === 10 ? `${text} 00:00:00` : text;
  if (operator === "=") return (cell as string).slice(0, 19) === second;
  return compare(operator, (cell as string).slice(0, text.length), text);
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  const [a, b] = [left, right] as [number, number];
  switch (operator) {
    case "=":
      return a === b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default: {
      const body = String(right).replaceAll("%", ".*").replaceAll("_", ".");
      const whole = operator.startsWith("=") ? body : `.*${body}.*`;
      return new RegExp(
        `^${whole}$`,
        operator.endsWith("ilike") ? "i" : "",
      ).test(String(left));
    }
  }
}

describe("evaluateDomain", () => {
  const equality = fc.constantFrom("=", "!=");
  const order = fc.constantFrom("<", "<=", ">", ">=");
  const sets = fc.constantFrom("in", "not in");
  const patterns = fc.constantFrom(
    "like",
    "ilike",
    "=like",
    "=ilike",
    "not like",
    "not ilike",
    "not =like",
    "not =ilike",
  );
  const name = fc.constantFrom(
    "Alpha",
    "alpha",
    "beta_2",
    "shop",
    "%",
    "_",
    "a",
    "b%2",
    "zz",
  );
  const number = fc.constantFrom(-1, 0, 1, 2, 3, 99);
  const moments = fc.constantFrom(
    "2026-01-31 23:59:59",
    "2026-01-31 00:00:00",
    "2026-01-31",
    "2026-02-01",
    "2026-02-01 00:00:00",
  );
  const orFalse = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | false> =>
    fc.oneof(values, fc.constant(false as const));

  const leaves = (
    field: string,
    values: fc.Arbitrary<unknown>,
  ): fc.Arbitrary<unknown>[] => [
    fc.tuple(fc.constant(field), equality, orFalse(values)),
    fc.tuple(
      fc.constant(field),
      sets,
      fc.array(orFalse(values), { maxLength: 3 }),
    ),
  ];
  const instanceLeaf = fc.oneof(
    ...leaves("name", name),
    ...leaves("id", number),
    fc.tuple(fc.constant("name"), patterns, name),
    fc.tuple(fc.constant("name"), order, orFalse(name)),
  );
  const clusterLeaf = fc.oneof(
    ...leaves("name", fc.oneof(name, fc.constant(""))),
    ...leaves("state", fc.constantFrom("active", "pending", "gone")),
    ...leaves("size", number),
    ...leaves("connected", fc.boolean()),
    ...leaves("last_seen", moments),
    ...leaves("instance_ids", fc.oneof(name, number)),
    ...leaves("instance_ids.name", name),
    fc.tuple(
      fc.constantFrom("name", "instance_ids", "instance_ids.name"),
      patterns,
      name,
    ),
    fc.tuple(fc.constant("size"), order, orFalse(number)),
    fc.tuple(fc.constant("name"), order, orFalse(name)),
    fc.tuple(fc.constant("last_seen"), order, orFalse(moments)),
    fc.tuple(fc.constant("instance_ids"), order, number),
    fc.tuple(
      fc.constant("instance_ids"),
      fc.constantFrom("any", "not any"),
      fc.array(instanceLeaf, { maxLength: 3 }),
    ),
  );
  const { term } = fc.letrec<{ term: unknown[] }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 4 },
      clusterLeaf.map((leaf) => [leaf]),
      tie("term").map((one) => ["!", ...one]),
      fc
        .tuple(fc.constantFrom("&", "|"), tie("term"), tie("term"))
        .map(([connective, left, right]) => [connective, ...left, ...right]),
    ),
  }));

  it("agrees with an oracle that says the rules another way", () => {
    const oracle = new Oracle(clusterModel);
    fc.assert(
      fc.property(fc.array(term, { maxLength: 3 }), (terms) => {
        const domain = terms.flat();
        const expected = RECORDS.filter(
          (record) =>
            record.model === "cluster" && oracle.accepts(domain, record),
        ).map((record) => record.id);
        expect(search(clusterModel, domain)).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it("makes of every domain and its negation a partition: nothing is unknown", () => {
    fc.assert(
      fc.property(term, (domain) => {
        const both = [
          ...search(clusterModel, domain),
          ...search(clusterModel, ["!", ...domain]),
        ];
        expect(both.sort()).toEqual([1, 2, 3, 4]);
      }),
      { numRuns: 1000 },
    );
  });

  it("or binding throws nothing but its own error, whatever is compared", () => {
    const fields = [
      "id",
      "name",
      "state",
      "size",
      "load",
      "connected",
      "last_seen",
      "born",
      "conditions",
      "instance_ids",
    ];
    const operators = [
      "=",
      "!=",
      "in",
      "<",
      ">=",
      "like",
      "=ilike",
      "=?",
      "child_of",
    ];
    const value = fc.oneof(
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      moments,
      fc.constantFrom(null, "9999-12-31", "0001-01-01"),
    );
    const leaf = fc.tuple(
      fc.constantFrom(...fields),
      fc.constantFrom(...operators),
      fc.oneof(value, fc.array(value)),
    );
    fc.assert(
      fc.property(leaf, (one) => {
        try {
          search(clusterModel, [one]);
        } catch (error) {
          expect(error).toBeInstanceOf(RpcUsageError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
