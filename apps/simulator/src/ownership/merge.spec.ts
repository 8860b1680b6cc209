import fc from "fast-check";
import type { Schema } from "../schema/schema";
import { fieldsOf } from "./collect";
import { compare } from "./compare";
import { merge, withoutFields } from "./merge";

const SCHEMA: Schema = {
  type: "object",
  properties: {
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        properties: { name: { type: "string" }, port: { type: "integer" } },
      },
    },
    tags: { type: "array", "x-kubernetes-list-type": "set" },
    words: { type: "array" },
    whole: { type: "object", "x-kubernetes-map-type": "atomic" },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

const name = fc.constantFrom("a", "b", "c", "d");
const value = fc.record(
  {
    ports: fc.uniqueArray(fc.record({ name, port: fc.nat(3) }), {
      selector: (port) => port.name,
    }),
    tags: fc.uniqueArray(name),
    words: fc.array(name),
    whole: fc.dictionary(name, fc.nat(2)),
    free: fc.dictionary(
      name,
      fc.oneof(fc.nat(2), fc.dictionary(name, fc.nat(2))),
    ),
  },
  { requiredKeys: [] },
);

describe("Merging an applied value", () => {
  it("leaves what is applied twice as it is", () => {
    fc.assert(
      fc.property(value, value, (live, applied) => {
        const once = merge(live, applied, SCHEMA);
        expect(merge(once, applied, SCHEMA)).toEqual(once);
      }),
    );
  });

  it("changes no field but those it names", () => {
    fc.assert(
      fc.property(value, value, (live, applied) => {
        const { changed } = compare(live, merge(live, applied, SCHEMA), SCHEMA);
        const named = fieldsOf(applied, SCHEMA);
        const stray = [...changed].filter(
          (path) =>
            ![...named].some(
              (own) => own === path || own.startsWith(`${path}\u0000`),
            ) && !isEmptyContainer(applied, path),
        );
        expect(stray).toEqual([]);
      }),
    );

    /** An empty list or object names no field of its own, and may appear. */
    function isEmptyContainer(applied: object, path: string): boolean {
      const field = path.split("\u0000")[0]?.slice(2) ?? "";
      const found = (applied as Record<string, unknown>)[field];
      return typeof found === "object" && Object.keys(found ?? {}).length === 0;
    }
  });

  it("takes out all that was applied when it is removed again", () => {
    fc.assert(
      fc.property(value, (applied) => {
        const remove = fieldsOf(applied, SCHEMA);
        const left = withoutFields(merge({}, applied, SCHEMA), SCHEMA, {
          remove,
          keep: new Set(),
        });
        expect([
          ...fieldsOf((left ?? {}) as Record<string, unknown>, SCHEMA),
        ]).toEqual([]);
      }),
    );
  });

  it("owns an atomic value as a whole", () => {
    const { changed } = compare(
      { whole: { a: 1 }, words: ["a"] },
      { whole: { a: 2 }, words: ["a", "b"] },
      SCHEMA,
    );
    expect([...changed].sort()).toEqual(["f:whole", "f:words"]);
  });
});
