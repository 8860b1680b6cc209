import { gzipSync } from "node:zlib";
import { gunzipJson } from "./gunzip-json.observe";

const zipped = (text: string) => gzipSync(text).toString("base64");
const plain = (text: string) => Buffer.from(text).toString("base64");

describe("A zipped document of another program", () => {
  it.each<[string, string, unknown]>([
    ["zipped", zipped('{"a":1}'), { a: 1 }],
    ["plain", plain('{"a":1}'), { a: 1 }],
    ["no JSON", zipped("{"), undefined],
    ["torn", zipped('{"a":1}').slice(0, 20), undefined],
    ["nothing", "", undefined],
    ["a bomb", zipped(`"${"a".repeat(10_000_000)}"`), undefined],
    ["too long without being zipped", plain(`"${"a".repeat(200)}"`), undefined],
  ])("is read or left alone: %s", async (_, base64, document) => {
    expect(await gunzipJson(base64, 100)).toEqual(document);
  });
});
