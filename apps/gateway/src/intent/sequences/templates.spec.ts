import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type JsonObject,
  OPERATION,
  readParameters,
  validateOperation,
} from "@vworkspace/resources";
import { stringify } from "yaml";
import { repositoryRoot } from "../../../../../test/cluster/repository-root";
import { readTemplates, templatesFolder } from "./adapters/template-files";
import { readTemplate } from "./domain/read-template";
import { compileParameters } from "./domain/sequence-parameters";
import { sampleScope } from "./domain/sequence-scope";
import { allSteps } from "./domain/sequence-template";
import { substitute, substituteFields } from "./domain/substitute";

/** What a person would give each of the templates, and what it comes to with that. */
const GIVEN: Readonly<Record<string, JsonObject>> = {
  "safe-upgrade": {
    targetVersion: "1.2.0",
    pvc: "data",
    volumeSnapshotClassName: "csi",
    checkHook: "web-check",
    restoreData: true,
  },
  "backup-verify": { scratchNamespace: "shop-verify", testHook: "web-test" },
  clone: { namespace: "shop-two" },
  migrate: { cluster: "other" },
};

describe("The templates that come with the gateway", () => {
  const templates = readTemplates(templatesFolder());

  it("are found beside the program, and are these", () => {
    expect(templatesFolder()).toBe(
      join(repositoryRoot(), "deploy", "sequences"),
    );
    expect(templates.map(({ name }) => name)).toEqual(
      Object.keys(GIVEN).sort(),
    );
  });

  it.each(templates.map((template) => [template.name, template] as const))(
    "%s is made of operations that are accepted",
    (name, template) => {
      const read = compileParameters(template.parameters)(GIVEN[name] ?? {});
      if (read.problem !== undefined) throw new Error(read.problem);
      const { parameters } = read;
      const instance = { namespace: "shop", name: "web" };
      const scope = sampleScope({ template, parameters }, instance);
      const operations = allSteps(template).flatMap(
        ({ operation }) => operation ?? [],
      );
      expect(operations.length).toBeGreaterThan(1);
      for (const { type, engine, parameters: texts } of operations) {
        const filled = substituteFields(texts, scope);
        // A parameter that is left out leaves out the step that needs it.
        if (engine === "job" && filled["image"] === undefined) continue;
        if (engine === "helmHookJob" && !filled["hookName"]) continue;
        if (filled["image"] === "") continue;
        const spec = { type, engine, parameters: filled };
        expect(readParameters(spec).problems).toEqual([]);
        const targetRef = {
          apiVersion: "apps.vworkspace.io/v1alpha1",
          kind: "ApplicationInstance",
          name: "web",
        } as const;
        const metadata = { name: "x", namespace: "shop" };
        const manifest = {
          ...OPERATION,
          metadata,
          spec: { targetRef, ...spec },
        };
        expect(validateOperation(manifest)).toEqual([]);
      }
    },
  );
});

const step = { name: "one", wait: "ready" };
const good = {
  name: "sample",
  description: "x",
  parameters: {
    type: "object",
    required: ["always"],
    properties: { always: { type: "string" }, maybe: { type: "string" } },
  },
  steps: [step],
};
const operation = (parameters: object) => ({
  name: "one",
  operation: { type: "Backup", engine: "velero", parameters },
});

describe("A template that is broken", () => {
  it.each<[string, object]>([
    ["steps: ", { steps: [] }],
    ['steps.0: Unrecognized key: "wiat"', { steps: [{ ...step, wiat: 1 }] }],
    ["steps.0.name: ", { steps: [{ ...step, name: "One" }] }],
    ["exactly one of", { steps: [{ ...step, action: "suspend" }] }],
    ["two steps of this name", { steps: [step, step] }],
    ["no parameter", { steps: [{ ...step, only: "no" }] }],
    ["no step makes one", { steps: [{ ...step, on: "copy" }] }],
    [
      "always.after",
      { steps: [{ ...step, always: { after: "no", steps: [] } }] },
    ],
    [
      "${parameters.no} leads to nothing",
      { steps: [operation({ ttl: "${parameters.no}" })] },
    ],
    [
      "${steps.two.x} leads to nothing",
      { steps: [operation({ ttl: "${steps.two.x}" })] },
    ],
    [
      "${copy.name} leads to nothing",
      { steps: [operation({ ttl: "${copy.name}" })] },
    ],
    [
      "has to be required",
      { steps: [operation({ ttl: "${parameters.maybe}h" })] },
    ],
    ["parameters: ", { parameters: { type: "thing" } }],
  ])("is refused: %s", (message, changes) => {
    expect(() => readTemplate({ ...good, ...changes })).toThrow(message);
  });

  it("stops the gateway's start, with file and field", () => {
    const folder = mkdtempSync(join(tmpdir(), "sequences-"));
    const write = (file: string, content: object) =>
      writeFileSync(join(folder, file), stringify(content));
    write("sample.yaml", good);
    expect(readTemplates(folder)).toHaveLength(1);
    write("other.yaml", { ...good, name: "other", steps: "none" });
    expect(() => readTemplates(folder)).toThrow(/other\.yaml: steps: /);
    write("other.yaml", good);
    expect(() => readTemplates(folder)).toThrow("name the file after it");
    rmSync(folder, { recursive: true });
  });

  it("differs from one that is fine", () => {
    expect(readTemplate(good).steps).toHaveLength(1);
    expect(
      readTemplate({
        ...good,
        steps: [operation({ ttl: "${parameters.always}h" })],
      }).steps,
    ).toHaveLength(1);
  });
});

describe("References", () => {
  const scope = {
    parameters: { a: "x", list: ["y"], none: null },
    instance: { namespace: "shop", name: "web" },
    copy: { namespace: "two", name: "web" },
    steps: { backup: { backupName: "b-1" } },
  };

  it.each([
    ["${parameters.list}", ["y"]],
    ["${parameters.a}-${steps.backup.backupName}", "x-b-1"],
    ["${parameters.missing}", undefined],
    ["${parameters.constructor}", undefined],
    ["plain", "plain"],
  ])("turn %j into %j", (text, value) => {
    expect(substitute(text, scope)).toEqual(value);
  });

  it("stand in names too, leave out fields that nothing is there for, and are replaced once", () => {
    const parameters = { a: "${steps.backup.backupName}" };
    expect(
      substituteFields(
        {
          "${instance.namespace}": "${parameters.a}",
          gone: "${parameters.missing}",
          list: ["${parameters.missing}", { deep: "${parameters.a}" }],
        },
        { ...scope, parameters },
      ),
    ).toEqual({
      shop: "${steps.backup.backupName}",
      list: [{ deep: "${steps.backup.backupName}" }],
    });
  });
});
