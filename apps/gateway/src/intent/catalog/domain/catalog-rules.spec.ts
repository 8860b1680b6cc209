import type { CatalogFields } from "./catalog-entry";
import { catalogProblem, valuesProblem } from "./catalog-rules";

const entry: CatalogFields = {
  code: "shop",
  name: "Shop",
  chart_source_type: "oci",
  chart_url: "oci://charts.example.com/apps",
  chart_name: "team/shop",
  allowed_versions: ["^1.0.0"],
  recommended_version: "1.0.0",
  default_values: {},
  values_schema: null,
  capabilities: {},
  active: true,
};

describe("rules for catalog entries", () => {
  it("find nothing wrong with a sound one", () => {
    expect(catalogProblem(entry)).toBeUndefined();
    expect(
      catalogProblem({
        ...entry,
        chart_source_type: "helm",
        chart_url: "https://charts.example.com",
        recommended_version: null,
      }),
    ).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["code", "Shop"],
    ["name", ""],
    ["chart_url", "https://charts.example.com"],
    ["chart_url", "oci://ada:secret@charts.example.com"],
    ["chart_url", "nonsense"],
    ["chart_url", `oci://charts.example.com/${"a".repeat(3000)}`],
    ["chart_name", "-shop"],
    ["chart_name", "team/../../evil"],
    ["chart_name", "team//shop"],
    ["chart_name", "a".repeat(254)],
    ["recommended_version", "1"],
    ["allowed_versions", ["newest"]],
    ["allowed_versions", [1]],
    ["allowed_versions", [`1${" || 1".repeat(100)}`]],
    ["allowed_versions", Array.from({ length: 501 }, () => "1")],
    ["values_schema", { type: "nonsense" }],
    ["values_schema", { $ref: "https://schemas.example.com/x" }],
    ["values_schema", { description: "x".repeat(200_000) }],
  ])("name the field %s where it is wrong", (field, value) => {
    expect(catalogProblem({ ...entry, [field]: value })).toContain(field);
  });

  it("never repeat credentials of a chart's URL", () => {
    const problem = catalogProblem({
      ...entry,
      chart_url: "oci://ada:hunter2@charts.example.com",
    });
    expect(problem).toContain("chart_url");
    expect(problem).not.toContain("hunter2");
  });

  it("refuse text that PostgreSQL can't hold", () => {
    expect(
      catalogProblem({ ...entry, default_values: { "a\u0000": 1 } }),
    ).toContain("U+0000");
  });

  it("say where values don't fit the schema", () => {
    const strict = {
      ...entry,
      values_schema: {
        type: "object",
        required: ["host"],
        properties: { web: { properties: { port: { type: "integer" } } } },
      },
    };
    expect(valuesProblem(strict, { host: "a", web: { port: "x" } })).toBe(
      "values.web.port must be integer.",
    );
    expect(valuesProblem(strict, {})).toContain("host");
    expect(valuesProblem(strict, { host: "a" })).toBeUndefined();
    expect(valuesProblem(entry, 1)).toBeUndefined();
  });
});
