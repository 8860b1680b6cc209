import { readFileSync } from "node:fs";
import { VERSION } from "./version";

test("the version in the code is the package's", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
    version: string;
  };
  expect(VERSION).toBe(manifest.version);
});
