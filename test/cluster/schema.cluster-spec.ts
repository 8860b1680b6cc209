import type { KubeAnswer } from "./kube-http";
import { WidgetSuite } from "./widget-suite";

describe("An API server, on a custom resource's schema", () => {
  let suite: WidgetSuite;

  beforeAll(async () => {
    suite = await WidgetSuite.open();
  }, 600_000);
  afterAll(() => suite.close());

  const dryRun = (
    spec: Readonly<Record<string, unknown>>,
    query = "",
  ): Promise<KubeAnswer> =>
    suite.http.post(
      `${suite.path()}?dryRun=All${query}`,
      suite.widget("checked", spec),
    );
  const causes = ({ body }: KubeAnswer) =>
    (body.details?.causes ?? []).map(({ reason, field }) => [reason, field]);

  it("fills in defaults in what is there, and only there", async () => {
    expect((await dryRun({ name: "abc" })).body.spec).toEqual({
      name: "abc",
      mode: "fast",
    });
    const nested = await dryRun({ name: "abc", settings: {} });
    expect(nested.body.spec?.["settings"]).toEqual({ isOn: true });
  });

  it("takes a null for nothing, unless the field may be null", async () => {
    const { body } = await dryRun({
      name: "abc",
      mode: null,
      size: null,
      note: null,
    });
    expect(body.spec).toEqual({ name: "abc", mode: "fast", note: null });
  });

  it("leaves out what the schema does not know, and warns", async () => {
    const spec = {
      name: "abc",
      other: 1,
      settings: { other: 1 },
      ports: [{ name: "x", other: 1 }],
      free: { kept: { deep: 1 } },
      groups: { g: { a: "1", other: 1 } },
    };
    const { body, warnings } = await dryRun(spec);
    expect(body.spec).toEqual({
      name: "abc",
      mode: "fast",
      settings: { isOn: true },
      ports: [{ name: "x" }],
      free: { kept: { deep: 1 } },
      groups: { g: { a: "1" } },
    });
    expect(warnings.join()).toContain(
      'unknown field \\"spec.settings.other\\"',
    );
    expect(warnings.join()).toContain(
      'unknown field \\"spec.ports[0].other\\"',
    );
    expect((await dryRun(spec, "&fieldValidation=Ignore")).warnings).toEqual(
      [],
    );
    const strict = await dryRun(spec, "&fieldValidation=Strict");
    expect(strict.code).toBe(400);
    expect(strict.body.message).toContain('unknown field "spec.other"');
  });

  it.each([
    ["a missing field", {}, "FieldValueRequired", "spec.name"],
    ["another type", { name: 3 }, "FieldValueTypeInvalid", "spec.name"],
    [
      "a fraction for an integer",
      { name: "abc", size: 1.5 },
      "FieldValueTypeInvalid",
      "spec.size",
    ],
    [
      "a list for an object",
      { name: "abc", settings: [] },
      "FieldValueTypeInvalid",
      "spec.settings",
    ],
    ["too short a text", { name: "a" }, "FieldValueInvalid", "spec.name"],
    [
      "too long a text",
      { name: "abcdefghi" },
      "FieldValueTooLong",
      "spec.name",
    ],
    [
      "a text off the pattern",
      { name: "ABC" },
      "FieldValueInvalid",
      "spec.name",
    ],
    [
      "a value outside an enum",
      { name: "abc", mode: "x" },
      "FieldValueNotSupported",
      "spec.mode",
    ],
    [
      "a number below",
      { name: "abc", size: 0 },
      "FieldValueInvalid",
      "spec.size",
    ],
    [
      "a number above",
      { name: "abc", size: 11 },
      "FieldValueInvalid",
      "spec.size",
    ],
    [
      "too many items",
      { name: "abc", words: ["a", "b", "c", "d"] },
      "FieldValueTooMany",
      "spec.words",
    ],
    [
      "an item twice in a set",
      { name: "abc", tags: ["a", "a"] },
      "FieldValueDuplicate",
      "spec.tags[1]",
    ],
    [
      "a key twice in a map",
      { name: "abc", ports: [{ name: "x" }, { name: "x" }] },
      "FieldValueDuplicate",
      "spec.ports[1]",
    ],
    [
      "neither integer nor text",
      { name: "abc", settings: { level: true } },
      "FieldValueTypeInvalid",
      "spec.settings.level",
    ],
  ])("refuses %s", async (_, spec, reason, field) => {
    const answer = await dryRun(spec);
    expect([answer.code, answer.body.reason]).toEqual([422, "Invalid"]);
    expect(causes(answer)).toContainEqual([reason, field]);
  });

  it("refuses what is no date, and what fits none or both of two alternatives", async () => {
    for (const spec of [
      { name: "abc", since: "yesterday" },
      { name: "abc", either: {} },
      { name: "abc", either: { a: "1", b: "1" } },
    ])
      expect((await dryRun(spec)).code).toBe(422);
    const { code } = await dryRun({
      name: "abc",
      since: "2026-01-01T00:00:00Z",
      either: { a: "1" },
    });
    expect(code).toBe(201);
  });

  it("names every error in one sentence and one cause each", async () => {
    const { body } = await dryRun({ name: "ABC", mode: "x", size: 11 });
    expect(body.message).toMatch(
      new RegExp(`^Widget\\.${suite.group} "checked" is invalid: \\[`),
    );
    expect(body.message).toContain(
      "spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10",
    );
    expect(body.message).toContain(
      'spec.mode: Unsupported value: "x": supported values: "fast", "slow"',
    );
    expect(body.message).toContain(
      "spec.name: Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'",
    );
    expect(body.details).toMatchObject({ name: "checked", kind: "Widget" });
  });

  it("accepts an integer or a text where either may stand", async () => {
    for (const level of [3, "high"]) {
      const { code } = await dryRun({ name: "abc", settings: { level } });
      expect(code).toBe(201);
    }
  });

  it("validates updates, patches and status as well", async () => {
    const { http } = suite;
    await http.post(suite.path(), suite.widget("valid", { name: "abc" }));
    const path = suite.path("valid");
    expect((await http.merge(path, { spec: { size: 11 } })).code).toBe(422);
    expect(
      (await http.merge(`${path}/status`, { status: { phase: 3 } })).code,
    ).toBe(422);
  });

  it.each([
    ["another name", { metadata: { name: "wrong" } }, "metadata.name"],
    [
      "no schema",
      { versions: [{ name: "v1", served: true, storage: true }] },
      "spec.versions[0].schema.openAPIV3Schema",
    ],
  ])("refuses a definition with %s", async (_, change, field) => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `things.${suite.group}` },
      spec: {
        group: suite.group,
        scope: "Namespaced",
        names: { plural: "things", kind: "Thing" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object" } },
          },
        ],
      },
    };
    const { metadata = definition.metadata, ...spec } = change as {
      metadata?: object;
    };
    const answer = await suite.http.post(
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      { ...definition, metadata, spec: { ...definition.spec, ...spec } },
    );
    expect([answer.code, causes(answer).map(([, name]) => name)]).toEqual([
      422,
      [field],
    ]);
  });

  it("tells of a definition that it is established", async () => {
    const { body } = await suite.http.get(suite.definitionPath());
    expect(body.status).toMatchObject({
      acceptedNames: { kind: "Widget", listKind: "WidgetList" },
      storedVersions: ["v1"],
    });
    const { conditions } = body.status as {
      conditions: { type: string; status: string }[];
    };
    expect(
      conditions.map(({ type, status }) => `${type} ${status}`).sort(),
    ).toEqual(["Established True", "NamesAccepted True"]);
  });
});
