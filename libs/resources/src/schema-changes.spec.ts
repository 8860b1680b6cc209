import {
  type ComparedSchema,
  narrowingChanges,
} from "./testing/schema-changes";

const object = (
  properties: Record<string, ComparedSchema>,
  more: ComparedSchema = {},
): ComparedSchema => ({ type: "object", properties, ...more });
const string: ComparedSchema = { type: "string" };

describe("narrowingChanges", () => {
  it.each<[string, ComparedSchema, ComparedSchema]>([
    ["nothing changed", object({ a: string }), object({ a: string })],
    ["a field is new", object({ a: string }), object({ a: string, b: string })],
    [
      "a required field is new and has a default",
      object({}),
      object({ b: { ...string, default: "x" } }, { required: ["b"] }),
    ],
    [
      "a value was added to an enum",
      { ...string, enum: ["a"] },
      { ...string, enum: ["a", "b"] },
    ],
    ["a bound was widened", { maxLength: 5 }, { maxLength: 6 }],
    ["a bound was dropped", { minimum: 1, pattern: "^a" }, {}],
    [
      "a new field has rules of its own",
      object({}),
      object({ a: { ...string, pattern: "^a" } }),
    ],
  ])("finds nothing where %s", (_title, landed, next) => {
    expect(narrowingChanges(landed, next, "spec")).toEqual([]);
  });

  it.each<[string, ComparedSchema, ComparedSchema, string]>([
    ["a field is gone", object({ a: string }), object({}), "spec.a is gone"],
    [
      "a field of a list's items is gone",
      { items: object({ a: string }) },
      { items: object({}) },
      "spec[].a is gone",
    ],
    [
      "a type changed",
      object({ a: string }),
      object({ a: { type: "integer" } }),
      'spec.a: type is "integer" and was "string"',
    ],
    [
      "a field is newly required",
      object({ a: string }),
      object({ a: string }, { required: ["a"] }),
      "spec: a is required and was not",
    ],
    [
      "an enum lost a value",
      { enum: ["a", "b"] },
      { enum: ["a"] },
      'spec: enum lost "b"',
    ],
    ["an enum is new", string, { ...string, enum: ["a"] }, "spec: enum is new"],
    ["a bound is new", string, { ...string, maxLength: 3 }, "spec: maxLength"],
    [
      "a lower bound rose",
      { minItems: 1 },
      { minItems: 2 },
      "spec: minItems is 2 and was 1",
    ],
    [
      "a pattern is new",
      string,
      { ...string, pattern: "^a" },
      'spec: pattern is "^a" and was nothing',
    ],
    [
      "a rule is new",
      object({}),
      object({}, { "x-kubernetes-validations": [{ rule: "self.a" }] }),
      "spec: the rule self.a is new",
    ],
    [
      "a default changed",
      { default: 1 },
      { default: 2 },
      "spec: default is 2 and was 1",
    ],
    [
      "unknown fields are kept no more",
      { "x-kubernetes-preserve-unknown-fields": true },
      {},
      "spec no longer keeps unknown fields",
    ],
    [
      "a map's values were narrowed",
      { additionalProperties: string },
      { additionalProperties: { ...string, maxLength: 1 } },
      "spec.*: maxLength",
    ],
  ])("says so where %s", (_title, landed, next, sentence) => {
    const changes = narrowingChanges(landed, next, "spec");
    expect(changes).toHaveLength(1);
    expect(changes[0]).toContain(sentence);
  });
});
