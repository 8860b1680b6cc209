import fc from "fast-check";
import { splitLines } from "./split-lines";

async function* cut(
  bytes: Uint8Array,
  sizes: readonly number[],
): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    await Promise.resolve();
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

async function linesOf(
  text: string,
  sizes: readonly number[] = [],
  maxBytes = 1_000_000,
): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(cut(Buffer.from(text), sizes), maxBytes))
    lines.push(line);
  return lines;
}

describe("splitLines", () => {
  it("gives the same lines wherever the bytes are cut", async () => {
    const line = fc
      .string({ unit: "grapheme", maxLength: 20 })
      .map((text) => text.replaceAll("\n", " "));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 6 }),
        fc.array(fc.nat({ max: 5 }), { maxLength: 40 }),
        async (lines, sizes) => {
          const text = lines.map((each) => `${each}\n`).join("");
          expect(await linesOf(text, sizes)).toEqual(lines);
        },
      ),
    );
  });

  it("leaves an unfinished last line out", async () => {
    expect(await linesOf('{"a":1}\n{"b":')).toEqual(['{"a":1}']);
  });

  it("gives up on a line without an end", async () => {
    const endless = linesOf("x".repeat(100), [10, 10, 10], 25);
    await expect(endless).rejects.toMatchObject({ reason: "ResponseTooLarge" });
    expect(
      await linesOf(`${"x".repeat(20)}\n${"y".repeat(20)}\n`, [15, 15], 25),
    ).toHaveLength(2);
  });
});
