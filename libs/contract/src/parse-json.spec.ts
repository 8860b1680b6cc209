import { MAX_JSON_DEPTH, parseJson } from "./parse-json";

const parse = (text: string) => parseJson(new TextEncoder().encode(text));
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("JSON bodies", () => {
  it.each([
    ["{}", {}],
    [' [1, "a", null] ', [1, "a", null]],
    ['"\\u00e4"', "ä"],
    ["\ufeff{}", {}],
  ])("reads %p", (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value });
  });

  it.each(["", "{", "{'a':1}", '{"a":1,}', "NaN", "1 2", "undefined"])(
    "refuses %p",
    (text) => {
      expect(parse(text)).toEqual({
        ok: false,
        reason: "The body is no JSON text in UTF-8.",
      });
    },
  );

  it("refuses bytes that are no UTF-8", () => {
    expect(parseJson(Uint8Array.of(0x22, 0xff, 0x22)).ok).toBe(false);
  });

  it("refuses what is nested too deeply, without walking it", () => {
    expect(parse(nested(MAX_JSON_DEPTH)).ok).toBe(true);
    expect(parse(nested(MAX_JSON_DEPTH + 1))).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`${MAX_JSON_DEPTH}`) as string,
    });
    expect(parse(nested(200_000)).ok).toBe(false);
    expect(parse(`{"a":`.repeat(65)).ok).toBe(false);
  });

  it("counts no brackets in strings", () => {
    const text = JSON.stringify({ a: '[{"'.repeat(100), b: '\\"[[[' });
    expect(parse(text).ok).toBe(true);
    expect(parse(`["\\\\", ${nested(MAX_JSON_DEPTH)}]`).ok).toBe(false);
  });

  it("makes no prototype of a key called __proto__", () => {
    const parsed = parse('{"__proto__":{"isAdmin":true}}');
    expect(parsed.ok && (parsed.value as { isAdmin?: boolean }).isAdmin).toBe(
      undefined,
    );
  });
});
