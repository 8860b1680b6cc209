import { customResourceDefinitions } from "./custom-resource-definitions";
import { patternHint } from "./pattern-hints";
import {
  RESOURCE_DEFINITIONS,
  type PrinterColumn,
} from "./resource-definition";
import { ruleField } from "./rule";
import type { StructuralSchema } from "./structural-schema";

interface Node {
  readonly path: string;
  readonly schema: StructuralSchema;
}

function* nodesOf(schema: StructuralSchema, path: string): Generator<Node> {
  yield { path, schema };
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* nodesOf(property, `${path}.${name}`);
  if (schema.items) yield* nodesOf(schema.items, `${path}[]`);
}

const definitions = Object.values(RESOURCE_DEFINITIONS);
const nodes = definitions.flatMap(({ kind, spec, status }) =>
  [...nodesOf(spec, "spec"), ...nodesOf(status, "status")].map(
    ({ path, schema }) => [`${kind} ${path}`, schema] as const,
  ),
);

const isBounded = (schema: StructuralSchema): boolean =>
  schema.maxLength !== undefined ||
  schema.enum !== undefined ||
  schema.format === "date-time";

describe("The schemas of our kinds", () => {
  it("describe every field in a sentence", () => {
    const silent = nodes.filter(
      ([, { description }]) => !/[.]$/.test(description),
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it("bound every text and every list, so that the cost of the rules is bounded", () => {
    const unbounded = nodes.filter(
      ([, schema]) =>
        (schema.type === "string" && !isBounded(schema)) ||
        (schema.type === "array" && schema.maxItems === undefined),
    );
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  it("require only fields that they have", () => {
    const missing = nodes.flatMap(([path, { required, properties }]) =>
      (required ?? [])
        .filter((name) => properties?.[name] === undefined)
        .map((name) => `${path}.${name}`),
    );
    expect(missing).toEqual([]);
  });

  it("use patterns that both RE2 and ECMAScript understand", () => {
    const patterns = nodes.flatMap(([, { pattern }]) => pattern ?? []);
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, "u")).not.toThrow();
      expect(pattern).not.toMatch(/\(\?[=!<]|\\[1-9bBdDsSwW]/);
    }
  });

  it("have words for the patterns of names, versions and windows", () => {
    const { spec } = RESOURCE_DEFINITIONS.ApplicationInstance;
    const { version } = spec.properties?.chart?.properties ?? {};
    expect(patternHint(version?.pattern ?? "")).toContain("SemVer");
    expect(patternHint("^x$")).toBe("text that matches ^x$");
  });
});

describe("The rules of our kinds", () => {
  const rules = definitions.flatMap((definition) =>
    definition.rules.map((rule) => ({ definition, rule })),
  );

  it("stand on an object that is there and are about a field of it", () => {
    for (const { definition, rule } of rules) {
      const paths = [...nodesOf(definition.spec, "spec")].map(
        ({ path }) => path,
      );
      expect(paths).toContain(rule.at.join("."));
      expect(paths).toContain(ruleField(rule));
    }
  });

  it("name the field first and are one line", () => {
    for (const { rule } of rules) {
      expect(rule.message.startsWith(`${ruleField(rule)} `)).toBe(true);
      expect(rule.message).not.toContain("\n");
    }
  });

  it("ask about the old object exactly when they are about changes", () => {
    for (const { rule } of rules)
      expect(rule.cel.includes("oldSelf")).toBe(rule.on === "transition");
  });
});

describe("kubectl get", () => {
  const examples: Readonly<Record<string, string>> = {
    Ready: "Unknown",
    Reason: "HelmReleaseFailed",
    Degraded: "<none>",
    Version: "6.6.10",
    Phase: "Disconnected",
    Type: "RunCommand",
    Target: "nextcloud",
    Connected: "Unknown",
    Controllers: "Unknown",
    Heartbeat: "5m12s",
    Age: "365d",
  };
  const names: Readonly<Record<string, string>> = {
    ApplicationInstance: "applicationinstance.apps.vworkspace.io/nextcloud",
    Operation: "operation.ops.vworkspace.io/backup-nextcloud",
    Cluster: "cluster.ops.vworkspace.io/this-cluster",
  };
  const GAP = 3;

  const widthOf = ({ name }: PrinterColumn) =>
    Math.max(name.length, examples[name]?.length ?? Infinity);

  it.each(definitions.map(({ kind, columns }) => [kind, columns] as const))(
    "shows an %s in 100 columns, asked for several kinds at once",
    (kind, columns) => {
      const shown = columns.filter(({ priority }) => priority === undefined);
      const width = shown.reduce(
        (total, column) => total + GAP + widthOf(column),
        names[kind]?.length ?? Infinity,
      );
      expect(width).toBeLessThanOrEqual(100);
    },
  );
});

describe("The custom resource definitions", () => {
  it("are one file per kind, named after group and plural", () => {
    expect(customResourceDefinitions().map(({ file }) => file)).toEqual([
      "apps.vworkspace.io_applicationinstances.yaml",
      "ops.vworkspace.io_operations.yaml",
      "ops.vworkspace.io_clusters.yaml",
    ]);
  });

  it("keep the short names that scripts use, and share a category", () => {
    const names = customResourceDefinitions().map(
      ({ manifest }) =>
        (manifest as { spec: { names: Record<string, unknown> } }).spec.names,
    );
    expect(names.map(({ shortNames }) => shortNames)).toEqual([
      ["appinst"],
      ["op"],
      ["cluster"],
    ]);
    for (const { categories } of names)
      expect(categories).toEqual(["vworkspace"]);
  });

  it("carry every rule as CEL exactly once", () => {
    const text = JSON.stringify(customResourceDefinitions());
    for (const { rules } of definitions)
      for (const { cel, message } of rules) {
        const rule = `"rule":${JSON.stringify(cel)},"message":${JSON.stringify(message)}`;
        expect(text.split(rule)).toHaveLength(2);
      }
  });
});
