import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { transformSync } from "@swc/core";

/** One input of the form, as far as the tests look at it. */
interface Field {
  readonly path: readonly string[];
  readonly kind: string;
  readonly isRequired: boolean;
  readonly description: string;
  readonly default?: unknown;
  readonly choices: readonly {
    readonly text: string;
    readonly isChosen: boolean;
  }[];
  readonly value: unknown;
  readonly text: string;
  readonly children: readonly Field[];
}

interface ValuesSchema {
  parseSchema(text: string | false): object | undefined;
  parseValues(text: string): object | undefined;
  fieldsOf(schema: unknown, values: unknown): readonly Field[];
  parseInput(
    field: Pick<Field, "kind" | "isRequired">,
    text: string,
  ): { readonly value?: unknown; readonly problem?: string };
  withValue(values: unknown, path: readonly string[], value: unknown): unknown;
  missingOf(fields: readonly Field[]): readonly string[];
}

/** The addon's file as a browser gets it; Odoo has its own module loader, so it is no module of ours. */
function loadValuesSchema(): ValuesSchema {
  const path = "addons/vworkspace/static/src/values_form/values_schema.js";
  const { code } = transformSync(
    readFileSync(join(__dirname, "../..", path), "utf8"),
    { module: { type: "commonjs" }, jsc: { target: "es2022" } },
  );
  const exports = {};
  (compileFunction(code, ["exports"]) as (exports: object) => void)(exports);
  return exports as ValuesSchema;
}

const form = loadValuesSchema();

const schema = {
  type: "object",
  required: ["shopName", "ingress"],
  properties: {
    shopName: { type: "string", description: "Stands at the top." },
    replicas: { type: "integer", default: 1 },
    share: { type: ["number", "null"] },
    debug: { type: "boolean" },
    size: { enum: ["small", "large"] },
    ingress: { $ref: "#/definitions/ingress" },
    tolerations: { type: "array" },
  },
  definitions: {
    ingress: {
      type: "object",
      required: ["host"],
      properties: { host: { type: "string" }, port: { type: "integer" } },
    },
  },
};

function field(name: string, values: unknown = {}): Field {
  const found = form
    .fieldsOf(schema, values)
    .find(({ path }) => path[0] === name);
  if (found === undefined) throw new Error(`There is no field ${name}.`);
  return found;
}

describe("the form of a catalog entry's values", () => {
  it.each([
    ["shopName", "string"],
    ["replicas", "integer"],
    ["share", "number"],
    ["debug", "boolean"],
    ["size", "enum"],
    ["ingress", "object"],
    ["tolerations", "json"],
  ])("shows %s as %s", (name, kind) => {
    expect(field(name).kind).toBe(kind);
  });

  it("says what is required, what it is for and what the default is", () => {
    expect(field("shopName")).toMatchObject({
      isRequired: true,
      description: "Stands at the top.",
    });
    expect(field("replicas")).toMatchObject({ isRequired: false, default: 1 });
  });

  it("shows what is set, and objects with their own inputs", () => {
    const { children } = field("ingress", { ingress: { host: "a.example" } });
    expect(children.map(({ path, text }) => [path, text])).toEqual([
      [["ingress", "host"], "a.example"],
      [["ingress", "port"], ""],
    ]);
    expect(field("size", { size: "large" }).choices).toMatchObject([
      { text: "small", isChosen: false },
      { text: "large", isChosen: true },
    ]);
  });

  it("shows a value that doesn't fit its input as JSON", () => {
    expect(field("shopName", { shopName: { a: 1 } })).toMatchObject({
      kind: "json",
      text: '{\n  "a": 1\n}',
    });
  });

  it("ends where a schema refers to itself, and asks no other host", () => {
    const endless = {
      type: "object",
      properties: { next: { $ref: "#" }, far: { $ref: "https://x.example" } },
    };
    const [next, far] = form.fieldsOf(endless, {});
    expect(next?.kind).toBe("object");
    expect(far?.kind).toBe("json");
    const loop = { properties: { a: { $ref: "#/properties/a" } } };
    expect(form.fieldsOf(loop, {})[0]?.kind).toBe("json");
  });

  it.each<[string | false, boolean]>([
    [false, false],
    ["", false],
    ["nonsense", false],
    ["[]", false],
    ["{}", false],
    ['{"type": "string"}', false],
    ['{"properties": {"a": {}}}', true],
  ])("of %j is there: %j", (text, isThere) => {
    expect(form.parseSchema(text) !== undefined).toBe(isThere);
  });

  it("gives way to text for what it would write differently", () => {
    expect(form.parseValues('{"a": 1}')).toEqual({ a: 1 });
    expect(form.parseValues("")).toEqual({});
    expect(form.parseValues("[]")).toBeUndefined();
    expect(form.parseValues("{")).toBeUndefined();
    expect(form.parseValues('{"a": 1.0}')).toBeUndefined();
    expect(form.parseValues('{"a": 9007199254740993}')).toBeUndefined();
  });

  it.each([
    ["string", " a ", { value: " a " }],
    ["string", "", { value: undefined }],
    ["integer", "12", { value: 12 }],
    ["integer", "1.5", { problem: "integer" }],
    ["integer", "1e400", { problem: "integer" }],
    ["number", "1,5", { value: 1.5 }],
    ["number", "x", { problem: "number" }],
    ["number", "  ", { value: undefined }],
    ["json", "[1]", { value: [1] }],
    ["json", "[", { problem: "json" }],
  ])("takes for %s what is typed: %j", (kind, text, taken) => {
    expect(form.parseInput({ kind, isRequired: false }, text)).toEqual(taken);
  });

  it("keeps an empty text that is required", () => {
    const taken = form.parseInput({ kind: "string", isRequired: true }, "");
    expect(taken).toEqual({ value: "" });
  });

  it("changes one value and leaves the others where they are", () => {
    const values = { b: 1, a: { x: 1, y: 2 } };
    expect(form.withValue(values, ["a", "x"], 9)).toEqual({
      b: 1,
      a: { x: 9, y: 2 },
    });
    expect(values.a.x).toBe(1);
    expect(JSON.stringify(form.withValue(values, ["b"], 3))).toBe(
      '{"b":3,"a":{"x":1,"y":2}}',
    );
    expect(form.withValue({}, ["a", "b", "c"], 1)).toEqual({
      a: { b: { c: 1 } },
    });
  });

  it("takes a value out, and the object that this leaves empty", () => {
    expect(
      form.withValue({ a: { x: 1 }, b: 1 }, ["a", "x"], undefined),
    ).toEqual({ b: 1 });
    expect(form.withValue({}, ["a", "x"], undefined)).toEqual({});
  });

  it("is not fooled by names that objects have anyway", () => {
    const odd = JSON.parse(
      '{"properties": {"__proto__": {"type": "string"}, "constructor": {"type": "string"}}}',
    ) as object;
    expect(form.fieldsOf(odd, {}).map(({ value }) => value)).toEqual([
      undefined,
      undefined,
    ]);
    const changed = form.withValue({}, ["__proto__"], "x");
    expect(JSON.stringify(changed)).toBe('{"__proto__":"x"}');
  });

  it("names what is still needed", () => {
    expect(form.missingOf(form.fieldsOf(schema, {}))).toEqual([
      "shopName",
      "ingress.host",
    ]);
    const values = { shopName: "", ingress: { host: "a" } };
    expect(form.missingOf(form.fieldsOf(schema, values))).toEqual([]);
  });
});
