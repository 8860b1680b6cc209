import fc from "fast-check";
import { LIMITS } from "./limits";
import { parseMessage } from "./parse";
import { isStorable } from "./storable";
import { eventSchema, resultReportSchema, statusReportSchema } from "./wire";

const timestamp = "2026-01-01T00:00:00Z";

describe("messages of the contract", () => {
  it("cut long texts, and never through the middle of a character", () => {
    const end = LIMITS.messageCharacters;
    const message = (text: string) => {
      const read = parseMessage(statusReportSchema, {
        phase: "x",
        message: text,
        timestamp,
      });
      return read.ok ? (read.value.message ?? "") : "";
    };
    expect(message("a".repeat(end + 1))).toHaveLength(end);
    expect(message(`${"a".repeat(end - 1)}\u{1F600}`)).toHaveLength(end - 1);
    expect(message(`${"a".repeat(end - 2)}\u{1F600}b`)).toHaveLength(end);
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: end, maxLength: end + 10 }),
        (text) => isStorable(message(text)) === isStorable(text),
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    [{ outcome: "done", timestamp }, "outcome"],
    [{ outcome: "failed", timestamp }, "error"],
    [{ outcome: "conflict", error: "", timestamp }, "error"],
    [{ outcome: "succeeded", timestamp: "now" }, "timestamp"],
    [{ outcome: "succeeded" }, "timestamp"],
    [null, "body"],
    [[], "body"],
  ])("a result of %p names %s", (result, field) => {
    expect(parseMessage(resultReportSchema, result)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(`^${field}: `) as string,
    });
  });

  it("of any JSON are read or refused, and never throw", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read = parseMessage(eventSchema, value);
        return read.ok || read.reason.length > 0;
      }),
    );
  });

  it("keep fields that this version doesn't know", () => {
    const read = parseMessage(eventSchema, {
      kind: "x",
      resourceRef: {},
      timestamp,
      later: { a: 1 },
    });
    expect(read).toMatchObject({ ok: true, value: { later: { a: 1 } } });
  });
});

describe("storable values", () => {
  it.each([
    ["text", true],
    [{ a: [1, null, true, "\u{1F600}"] }, true],
    ["\u0000", false],
    ["\ud83d", false],
    [{ "a\u0000": 1 }, false],
    [[[["\udc00"]]], false],
  ])("%p: %p", (value, expected) => {
    expect(isStorable(value)).toBe(expected);
  });
});
