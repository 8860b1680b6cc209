import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Operation,
  readParameters,
  validateOperation,
} from "@vworkspace/resources";
import { parse } from "yaml";
import { repositoryRoot } from "../cluster/repository-root";

interface Parameter {
  readonly name: string;
  readonly value?: string;
}

interface Template {
  readonly name: string;
  readonly steps?: readonly (readonly Step[])[];
  readonly resource?: { readonly manifest: string };
}

interface Step {
  readonly name: string;
  readonly template: string;
  readonly arguments?: { readonly parameters?: readonly Parameter[] };
}

interface WorkflowTemplate {
  readonly spec: {
    readonly entrypoint: string;
    readonly onExit?: string;
    readonly arguments: { readonly parameters: readonly Parameter[] };
    readonly templates: readonly Template[];
  };
}

/** What Argo would put in, or what a person would. */
const FILLED: Readonly<Record<string, string>> = {
  "workflow.name": "op-0f1e",
  "workflow.namespace": "shop",
  "workflow.parameters.instance": "web",
  "workflow.parameters.targetVersion": "1.2.3",
  "workflow.parameters.pvc": "data",
  "workflow.parameters.volumeSnapshotClassName": "csi",
  "workflow.parameters.checkHook": "web-check",
  "workflow.parameters.quiesceHook": "web-quiesce",
  "workflow.parameters.unquiesceHook": "web-unquiesce",
  "steps.revision.outputs.parameters.revision": "3",
  "steps.taken.outputs.parameters.snapshot": "op-1",
};

function templateOf(file: string): WorkflowTemplate {
  const path = join(repositoryRoot(), "deploy", "workflows", file);
  return parse(readFileSync(path, "utf8")) as WorkflowTemplate;
}

function filled(text: string, more: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(.+?)\}\}/g, (_, name: string) => {
    const value = more[name] ?? FILLED[name];
    if (value === undefined) throw new Error(`Nothing fills ${name} in.`);
    return value;
  });
}

/** Each step that creates an Operation, as Argo would create it. */
function operationsOf({ spec }: WorkflowTemplate): readonly Operation[] {
  const defaults = Object.fromEntries(
    spec.arguments.parameters
      .filter(({ value }) => value !== undefined && value !== "")
      .map(({ name, value = "" }) => [`workflow.parameters.${name}`, value]),
  );
  const manifest = spec.templates.find(({ name }) => name === "operation")
    ?.resource?.manifest;
  const steps = spec.templates.flatMap(({ steps: all = [] }) => all.flat());
  return steps
    .filter(({ template }) => template === "operation")
    .map((step) => {
      const inputs = Object.fromEntries(
        (step.arguments?.parameters ?? []).map(({ name, value = "" }) => [
          `inputs.parameters.${name}`,
          filled(value, defaults),
        ]),
      );
      return parse(
        filled(manifest ?? "", { ...defaults, ...inputs }),
      ) as Operation;
    });
}

const OPERATIONS = {
  "safe-upgrade.yaml": [
    "RunCommand helmHookJob",
    "RunCommand helmHookJob",
    "Backup snapshot",
    "Upgrade helm",
    "RunCommand helmHookJob",
    "Upgrade helm",
    "RunCommand helmHookJob",
    "Restore snapshot",
  ],
};

describe.each(Object.entries(OPERATIONS))(
  "The built-in template %s",
  (file, expected) => {
    const template = templateOf(file);
    const { spec } = template;

    it("is made of operations that are accepted", () => {
      const operations = operationsOf(template);
      expect(
        operations.map(({ spec: { type, engine } }) => `${type} ${engine}`),
      ).toEqual(expected);
      for (const operation of operations) {
        expect(validateOperation(operation)).toEqual([]);
        expect(readParameters(operation.spec).problems).toEqual([]);
      }
    });

    it("gives each operation a name of its own", () => {
      const names = operationsOf(template).map(({ metadata }) => metadata.name);
      expect(new Set(names).size).toBe(names.length);
    });

    it("has every template and parameter that it names", () => {
      const text = JSON.stringify(spec);
      const declared = spec.arguments.parameters.map(({ name }) => name);
      const named = [...text.matchAll(/workflow\.parameters\.(\w+)/g)];
      expect(new Set(named.map(([, name]) => name))).toEqual(new Set(declared));
      const steps = spec.templates.flatMap(({ steps: all = [] }) => all.flat());
      const called = steps.map((step) => step.template);
      expect(new Set(spec.templates.map(({ name }) => name))).toEqual(
        new Set([
          spec.entrypoint,
          ...(spec.onExit === undefined ? [] : [spec.onExit]),
          ...called,
        ]),
      );
    });
  },
);
