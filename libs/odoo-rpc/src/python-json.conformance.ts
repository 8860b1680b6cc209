import fc from "fast-check";
import { decodeJson } from "./json/decode-json";
import { encodeJson } from "./json/json-rpc";
import { RpcUsageError } from "./rpc-errors";
import type { RpcValue } from "./rpc-value";
import { damaged, damages } from "./testing/damaged-bytes";
import {
  comparable,
  hasPython,
  python,
  type Tagged,
  tagged,
} from "./testing/python-peer";

const JSON_PIECES = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "\\u0041",
  "\\ud834\\udd1e",
  "null",
  "true",
  "-",
  "0",
  "1e3",
  ".5",
  " ",
  "\n",
] as const;

// Where CI requires everything, a missing python3 fails instead.
const describeWithPython =
  hasPython || process.env.CI === "true" ? describe : describe.skip;

/** Values as JSON has them; half a surrogate pair is none. */
const value: fc.Arbitrary<RpcValue> = fc
  .jsonValue({ maxDepth: 5, stringUnit: "binary" })
  .filter((one) => !/\\u0000/.test(JSON.stringify(one))) as never;

describeWithPython("Python's json (skipped without python3)", () => {
  const many = { minLength: 150, maxLength: 200 };

  it("reads every value that we write, and we read every one that it writes", () => {
    fc.assert(
      fc.property(fc.array(value, many), (values) => {
        const answers = python(
          values.flatMap((one, index) => [
            { json: encodeJson(one) },
            { value: tagged(one), isAscii: index % 2 === 0 },
          ]),
        );
        values.forEach((one, index) => {
          const [read, written] = answers.slice(2 * index);
          const expected = comparable(tagged(one));
          expect(comparable(read?.value ?? NOTHING)).toEqual(expected);
          const mine = tagged(decodeJson(written?.json ?? ""));
          expect(comparable(mine)).toEqual(expected);
        });
      }),
      { numRuns: 3 },
    );
  });

  it("reads bytes that were damaged on their way as we do, or one of us refuses them", () => {
    let both = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, damages(JSON_PIECES)), {
          minLength: 300,
          maxLength: 400,
        }),
        (ones) => {
          const bodies = ones.map(([one, damage]) =>
            damaged(Buffer.from(encodeJson(one)), damage),
          );
          const answers = python(
            bodies.map((bytes) => ({
              jsonBytes: Buffer.from(bytes).toString("base64"),
            })),
          );
          bodies.forEach((bytes, index) => {
            const mine = ours(bytes);
            const theirs = answers[index]?.value;
            if (mine === undefined || theirs === undefined) return;
            both += 1;
            const text = Buffer.from(bytes).toString("latin1");
            expect([text, comparable(mine)]).toEqual([
              text,
              comparable(theirs),
            ]);
          });
        },
      ),
      { numRuns: 3 },
    );
    expect(both).toBeGreaterThan(100);
  });
});

const NOTHING: Tagged = ["nothing", ""];

/** Undefined where we refuse it, which is with a sentence and nothing else. */
function ours(bytes: Uint8Array): Tagged | undefined {
  try {
    return tagged(decodeJson(bytes));
  } catch (error) {
    expect(error).toBeInstanceOf(RpcUsageError);
    return undefined;
  }
}
