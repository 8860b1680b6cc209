import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@vworkspace/kernel";
import { readScript } from "./read-script";

describe("A script", () => {
  const directory = mkdtempSync(join(tmpdir(), "vworkspace-script-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  const read = (text: string) => {
    const file = join(directory, "script.yaml");
    writeFileSync(file, text);
    return readScript(file);
  };

  it("has a default for everything that it leaves out", () => {
    const nothing = { seed: 1, clockAheadSeconds: 0, courses: [], faults: [] };
    expect(read("")).toEqual(nothing);
    expect(read("{}")).toEqual(nothing);
  });

  it("is read from YAML", () => {
    const script = read(`
seed: 7
clockAheadSeconds: 3600
courses:
  - name: shop-*
    course: install-fails-twice
  - chart: wiki
    course:
      fetch: [unreachable, unauthorized, found]
      install: [fails, times-out, succeeds]
      upgrade: [fails]
      afterwards: { event: drifts, afterMs: 5000 }
faults:
  - name: busy
    verbs: [list]
    resources: [secrets, helmreleases.helm.toolkit.fluxcd.io]
    every: 3
    effect: { kind: refuse, code: 429, retryAfterSeconds: 2 }
`);
    expect(script).toMatchObject({ seed: 7, clockAheadSeconds: 3_600 });
    expect(script.courses[1]?.course).toMatchObject({
      afterwards: { event: "drifts", afterMs: 5_000, times: 1 },
    });
    expect(script.faults[0]?.effect).toEqual({
      kind: "refuse",
      code: 429,
      retryAfterSeconds: 2,
    });
  });

  it.each([
    ["courses: [{ name: a, course: explodes }]", /courses\.0\.course/],
    ["courses: [{ course: { install: [] } }]", /courses\.0\.course/],
    ["faults: [{ effect: { kind: refuse, code: 418 } }]", /faults\.0\.effect/],
    ["faults: [{ effect: { kind: cut } }]", /faults\.0\.effect\.afterBytes/],
    ["fault: []", /fault/],
    ["- 1", /the document/],
    ["a: [", /cannot be used/],
  ])("names what is wrong with %s", (text, message) => {
    expect(() => read(text)).toThrow(ConfigurationError);
    expect(() => read(text)).toThrow(message);
  });

  it("names the file that is not there", () => {
    expect(() => readScript(join(directory, "none.yaml"))).toThrow(
      /VWORKSPACE_SIMULATOR_SCRIPT .*none\.yaml cannot be used \(ENOENT/,
    );
  });
});
