import { OpenApiDocument } from "./openapi-document";

const FILES = ["openapi-json2.json", "openapi-agent.json"] as const;

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Every object in a document, with where it stands. */
function* objectsIn(value: unknown, path = "#"): Generator<[string, Json]> {
  if (Array.isArray(value))
    for (const [index, one] of value.entries())
      yield* objectsIn(one, `${path}/${index}`);
  if (!isObject(value)) return;
  yield [path, value];
  for (const [key, one] of Object.entries(value))
    yield* objectsIn(one, `${path}/${key}`);
}

describe.each(FILES)("%s", (file) => {
  const document = new OpenApiDocument(file);
  const { operations } = document;

  it("is an OpenAPI 3.1 document with operations", () => {
    expect(document.parsed.openapi).toMatch(/^3\.1\./);
    expect(operations.length).toBeGreaterThan(5);
  });

  it("leads nowhere into the void", () => {
    for (const [path, object] of objectsIn(document.raw))
      if (typeof object["$ref"] === "string")
        expect([path, document.resolve(object)]).toEqual([
          path,
          expect.any(Object),
        ]);
  });

  it("has a schema behind every name that a validator takes", () => {
    for (const name of Object.keys(document.parsed.components.schemas))
      expect(() => document.compile(name)).not.toThrow();
  });

  const GROUPS = ["properties", "headers", "responses"] as const;

  it("describes every property, parameter, header and answer", () => {
    const undescribed: string[] = [];
    const require = (path: string, value: unknown) => {
      if (!isObject(value)) return;
      const text =
        value["description"] ?? document.resolve(value)["description"];
      if (typeof text !== "string" || text === "") undescribed.push(path);
    };
    for (const [path, object] of objectsIn(document.raw)) {
      // A property may itself be called so.
      const groups = path.endsWith("/properties") ? [] : GROUPS;
      for (const group of groups)
        for (const [name, one] of Object.entries(object[group] ?? {}))
          require(`${path}/${group}/${name}`, one);
      if (!Array.isArray(object["parameters"])) continue;
      object["parameters"].forEach((one, index) =>
        require(`${path}/parameters/${index}`, one),
      );
    }
    expect(undescribed).toEqual([]);
  });

  it("names every operation once, with a summary and a tag that there is", () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Set(document.parsed.tags.map(({ name }) => name));
    for (const { operationId, summary, tags: used } of operations) {
      expect([operationId, summary]).not.toEqual([operationId, ""]);
      expect([operationId, used.filter((tag) => !tags.has(tag))]).toEqual([
        operationId,
        [],
      ]);
    }
  });

  it("says for every operation what comes of it, that there can be too much of it, and where a key is missing", () => {
    for (const { operationId, responses, security } of operations) {
      const statuses = Object.keys(responses);
      expect([operationId, statuses.some((one) => /^2/.test(one))]).toEqual([
        operationId,
        true,
      ]);
      expect([operationId, statuses]).toEqual([
        operationId,
        expect.arrayContaining(["429"]),
      ]);
      const isOpen = security?.length === 0;
      expect([operationId, statuses.includes("401")]).toEqual([
        operationId,
        !isOpen,
      ]);
    }
  });

  it("has a parameter for every place in a path, and no other", () => {
    for (const { path, parameters } of operations) {
      const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = parameters
        .map((one) => document.resolve(one))
        .filter((one) => one["in"] === "path")
        .map((one) => one["name"]);
      expect([path, named]).toEqual([path, places]);
    }
  });
});

describe("openapi-json2.json", () => {
  const { operations } = new OpenApiDocument("openapi-json2.json");

  it("has for every method of every model each status that it can give", () => {
    const calls = operations.filter(({ path }) => path.startsWith("/json/2/"));
    expect(calls.length).toBeGreaterThan(100);
    for (const { operationId, responses } of calls)
      expect([operationId, Object.keys(responses)]).toEqual([
        operationId,
        [
          "200",
          "400",
          "401",
          "403",
          "404",
          "413",
          "415",
          "422",
          "429",
          "500",
          "503",
        ],
      ]);
  });
});

describe("openapi-agent.json", () => {
  const { operations } = new OpenApiDocument("openapi-agent.json");

  it("has for every endpoint with a token what the contract lets an agent rely on", () => {
    for (const { operationId, responses, security } of operations) {
      if (security?.length === 0) continue;
      expect([operationId, Object.keys(responses)]).toEqual([
        operationId,
        expect.arrayContaining([
          "401",
          "406",
          "413",
          "415",
          "429",
          "500",
          "503",
        ]),
      ]);
    }
  });

  it("has 404 and 409 where a job is named, and nowhere else", () => {
    for (const { path, responses } of operations)
      expect([path, "404" in responses, "409" in responses]).toEqual([
        path,
        path.includes("{id}"),
        path.includes("{id}"),
      ]);
  });
});
