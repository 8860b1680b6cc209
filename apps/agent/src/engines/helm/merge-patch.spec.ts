import type { JsonObject } from "@vworkspace/resources";
import { mergePatch } from "./merge-patch";

/** Examples of RFC 7396, appendix A, whose targets and patches are objects. */
const CASES: readonly (readonly [JsonObject, JsonObject, JsonObject])[] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe("A JSON merge patch", () => {
  it.each(CASES)("of %j by %j gives %j", (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });
});
