import { WidgetSuite } from "./widget-suite";

describe("An API server, on discovery and objects", () => {
  let suite: WidgetSuite;

  beforeAll(async () => {
    suite = await WidgetSuite.open();
  }, 600_000);
  afterAll(() => suite.close());

  const spec = { name: "abc" };

  it("says its version and that it is ready", async () => {
    const { http } = suite;
    expect((await http.get("/version")).body).toMatchObject({
      major: "1",
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as unknown,
    });
    const ready = await http.get("/readyz");
    expect([ready.code, ready.body.message]).toEqual([200, "ok"]);
  });

  it("lists groups, versions and resources", async () => {
    const { http, group } = suite;
    expect((await http.get("/api")).body).toMatchObject({
      kind: "APIVersions",
      versions: ["v1"],
    });
    const version = { groupVersion: `${group}/v1`, version: "v1" };
    const entry = {
      name: group,
      versions: [version],
      preferredVersion: version,
    };
    expect((await http.get("/apis")).body["groups"]).toContainEqual(entry);
    expect((await http.get(`/apis/${group}`)).body).toMatchObject(entry);
    const resources = (await http.get(`/apis/${group}/v1`)).body["resources"];
    expect(resources).toMatchObject([
      {
        name: "widgets",
        singularName: "widget",
        namespaced: true,
        kind: "Widget",
        shortNames: ["wi"],
        verbs: expect.arrayContaining(["get", "list", "watch"]) as unknown,
      },
      {
        name: "widgets/status",
        kind: "Widget",
        verbs: ["get", "patch", "update"],
      },
    ]);
    const core = (await http.get("/api/v1")).body["resources"];
    expect(core).toContainEqual(
      expect.objectContaining({ name: "secrets", namespaced: true }),
    );
  });

  it("answers 404 for what it does not serve, and 401 without a token", async () => {
    const { http, group } = suite;
    for (const path of [
      "/apis/nothing.example.com",
      "/apis/nothing.example.com/v1/things",
      `/apis/${group}/v1/things`,
      `/apis/${group}/v9/widgets`,
      "/api/v1/things",
      "/nothing",
    ])
      expect([path, (await http.get(path)).code]).toEqual([path, 404]);
    const core = await http.get("/api/v1/things");
    expect(core.body).toMatchObject({ kind: "Status", reason: "NotFound" });
  });

  it("creates an object once, with an identity of its own", async () => {
    const { http } = suite;
    const created = await http.post(suite.path(), {
      ...suite.widget("one", spec, { uid: "mine", generation: 7 }),
      status: { phase: "ignored" },
    });
    expect(created.code).toBe(201);
    expect(created.body).toMatchObject({
      kind: "Widget",
      metadata: { name: "one", namespace: suite.namespace, generation: 1 },
    });
    expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.body.metadata.creationTimestamp).toMatch(/:\d\dZ$/);
    expect(created.body.status).toBeUndefined();
    const again = await http.post(suite.path(), suite.widget("one", spec));
    expect([again.code, again.body.reason]).toEqual([409, "AlreadyExists"]);
    expect(again.body.message).toBe(
      `widgets.${suite.group} "one" already exists`,
    );
  });

  it("makes a name from generateName", async () => {
    const body = suite.widget("", spec, { generateName: "made-" });
    const created = await suite.http.post(suite.path(), body);
    expect(created.body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it.each([
    ["another namespace", { metadata: { name: "x", namespace: "other" } }, 400],
    ["another kind", { kind: "Gadget" }, 422],
    ["another version", { apiVersion: "example.com/v2" }, 400],
    ["no kind", { kind: undefined }, 400],
    ["no name", { metadata: {} }, 422],
    ["a name that is none", { metadata: { name: "A_b" } }, 422],
    [
      "a resourceVersion",
      { metadata: { name: "x", resourceVersion: "5" } },
      500,
    ],
    [
      "labels that are no text",
      { metadata: { name: "x", labels: { a: 1 } } },
      400,
    ],
    [
      "a label that is none",
      { metadata: { name: "x", labels: { a: "b c" } } },
      422,
    ],
  ])("refuses to create with %s", async (_, change, code) => {
    const body = { ...suite.widget("x", spec), ...change };
    expect((await suite.http.post(suite.path(), body)).code).toBe(code);
  });

  it("refuses what is no JSON, no object, or too large", async () => {
    const { http } = suite;
    const malformed = await http.post(suite.path(), "{");
    expect([malformed.code, malformed.body.reason]).toEqual([
      400,
      "BadRequest",
    ]);
    expect((await http.post(suite.path(), [])).code).toBe(400);
    const large = suite.widget("large", {
      ...spec,
      free: { x: "y".repeat(3 << 20) },
    });
    const answer = await http.post(suite.path(), large);
    expect([answer.code, answer.body.reason]).toEqual([
      413,
      "RequestEntityTooLarge",
    ]);
  });

  it("refuses to create where there is no namespace", async () => {
    const path = `/apis/${suite.group}/v1/namespaces/no-such/widgets`;
    const { code, body } = await suite.http.post(path, suite.widget("x", spec));
    expect([code, body.message]).toEqual([
      404,
      'namespaces "no-such" not found',
    ]);
    expect(body.details).toMatchObject({ name: "no-such", kind: "namespaces" });
  });

  it("replaces only the state that the client has seen", async () => {
    const { http } = suite;
    const { body } = await http.post(suite.path(), suite.widget("put", spec));
    const put = (metadata: object) =>
      http.put(
        suite.path("put"),
        suite.widget("put", { name: "new" }, { ...metadata }),
      );
    expect((await put({})).code).toBe(422);
    const stale = await put({ resourceVersion: "1" });
    expect([stale.code, stale.body.reason]).toEqual([409, "Conflict"]);
    const { resourceVersion } = body.metadata;
    expect((await put({ resourceVersion, uid: "other" })).code).toBe(409);
    const fresh = await put({ resourceVersion });
    expect([fresh.code, fresh.body.spec]).toEqual([
      200,
      { name: "new", mode: "fast" },
    ]);
    expect(fresh.body.metadata.generation).toBe(2);
    const absent = suite.widget("absent", spec, { resourceVersion });
    expect((await http.put(suite.path("absent"), absent)).code).toBe(404);
    expect((await http.put(suite.path("put"), absent)).code).toBe(400);
  });

  it("replaces a built-in object without a resourceVersion, too", async () => {
    const { http } = suite;
    const map = (text: string) => ({
      metadata: { name: "map" },
      data: { text },
    });
    await http.post(suite.configMaps(), map("a"));
    const { code, body } = await http.put(suite.configMaps("map"), map("b"));
    expect([code, body["data"]]).toEqual([200, { text: "b" }]);
  });

  it("patches by merge and by JSON patch", async () => {
    const { http } = suite;
    const path = suite.path("patched");
    await http.post(
      suite.path(),
      suite.widget("patched", { ...spec, size: 1 }),
    );
    const merged = await http.merge(path, {
      spec: { size: 2, words: ["a"], mode: null },
    });
    expect(merged.body.spec).toEqual({
      name: "abc",
      mode: "fast",
      size: 2,
      words: ["a"],
    });
    const patched = await http.jsonPatch(path, [
      { op: "test", path: "/spec/size", value: 2 },
      { op: "add", path: "/spec/words/-", value: "b" },
      { op: "remove", path: "/spec/size" },
      { op: "add", path: "/metadata/labels", value: { "a/b": "c" } },
      { op: "replace", path: "/metadata/labels/a~1b", value: "d" },
    ]);
    expect(patched.body.spec).toEqual({
      name: "abc",
      mode: "fast",
      words: ["a", "b"],
    });
    expect(patched.body.metadata.labels).toEqual({ "a/b": "d" });
  });

  it.each([
    ["merge", { metadata: { resourceVersion: "1" } }, 409],
    ["merge", { metadata: { uid: "other" } }, 422],
    ["merge", { metadata: { name: "other" } }, 400],
    ["merge", [1], 400],
    ["json", [{ op: "test", path: "/spec/name", value: "x" }], 422],
    ["json", [{ op: "remove", path: "/spec/nothing" }], 422],
    ["json", { a: 1 }, 400],
  ])("refuses the %s patch %j with %i", async (kind, patch, code) => {
    const { http } = suite;
    await http.post(suite.path(), suite.widget("kept", spec));
    const path = suite.path("kept");
    const answer = await (kind === "merge"
      ? http.merge(path, patch)
      : http.jsonPatch(path, patch));
    expect(answer.code).toBe(code);
  });

  it("refuses patches it has no type for", async () => {
    const type = "application/strategic-merge-patch+json";
    const answer = await suite.http.send("PATCH", suite.path("kept"), {}, type);
    expect([answer.code, answer.body.reason]).toEqual([
      415,
      "UnsupportedMediaType",
    ]);
    expect((await suite.http.merge(suite.path("absent"), {})).code).toBe(404);
  });

  it("writes nothing when nothing changes", async () => {
    const { http } = suite;
    const { body } = await http.post(suite.path(), suite.widget("still", spec));
    const patched = await http.merge(suite.path("still"), { spec });
    expect(patched.code).toBe(200);
    expect(patched.body).toEqual(body);
  });

  it("writes nothing in a dry run, but answers as if it had", async () => {
    const { http } = suite;
    const created = await http.post(
      `${suite.path()}?dryRun=All`,
      suite.widget("dry", spec),
    );
    expect(created.code).toBe(201);
    expect(created.body.spec).toEqual({ name: "abc", mode: "fast" });
    expect((await http.get(suite.path("dry"))).code).toBe(404);
    await http.post(suite.path(), suite.widget("dry", spec));
    const patched = await http.merge(`${suite.path("dry")}?dryRun=All`, {
      spec: { size: 3 },
    });
    expect(patched.body.metadata.generation).toBe(2);
    expect((await http.delete(`${suite.path("dry")}?dryRun=All`)).code).toBe(
      200,
    );
    const { body } = await http.get(suite.path("dry"));
    expect([body.spec, body.metadata.generation]).toEqual([
      { name: "abc", mode: "fast" },
      1,
    ]);
    const bad = `${suite.path()}?dryRun=Some`;
    expect((await http.post(bad, suite.widget("dry", spec))).code).toBe(422);
  });

  it("keeps status to its endpoint, and counts generations of the rest only", async () => {
    const { http } = suite;
    const path = suite.path("status");
    await http.post(suite.path(), suite.widget("status", spec));
    const onMain = await http.merge(path, { status: { phase: "a" } });
    expect(onMain.body.status).toBeUndefined();
    const onStatus = await http.merge(`${path}/status`, {
      metadata: { labels: { not: "written" } },
      spec: { size: 5 },
      status: { phase: "b" },
    });
    expect(onStatus.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { name: "abc" },
      status: { phase: "b" },
    });
    expect(onStatus.body.spec?.["size"]).toBeUndefined();
    expect(onStatus.body.metadata.labels).toBeUndefined();
    const labelled = await http.merge(path, {
      metadata: { labels: { a: "b" } },
      status: null,
    });
    expect(labelled.body).toMatchObject({
      metadata: { generation: 1, labels: { a: "b" } },
      status: { phase: "b" },
    });
    const sized = await http.merge(path, { spec: { size: 5 } });
    expect(sized.body.metadata.generation).toBe(2);
    expect((await http.get(`${path}/status`)).body.status).toEqual({
      phase: "b",
    });
  });

  it("writes a secret's text into its data", async () => {
    const { http, namespace } = suite;
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    const { body } = await http.post(path, {
      metadata: { name: "text" },
      stringData: { a: "1" },
    });
    expect([body["data"], body["type"], body["stringData"]]).toEqual([
      { a: "MQ==" },
      "Opaque",
      undefined,
    ]);
    const other = await http.merge(`${path}/text`, { type: "other/type" });
    expect([other.code, other.body.details?.causes?.[0]?.field]).toEqual([
      422,
      "type",
    ]);
    const broken = { metadata: { name: "broken" }, data: { a: "%%%" } };
    expect((await http.post(path, broken)).code).toBe(400);
  });

  it("creates a lease by replacing it", async () => {
    const { http, namespace } = suite;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/lead`;
    const lease = { metadata: { name: "lead" }, spec: { holderIdentity: "a" } };
    const { code, body } = await http.put(path, lease);
    expect(code).toBe(201);
    expect((await http.put(path, lease)).code).toBe(422);
    const { resourceVersion } = body.metadata;
    const seen = { ...lease, metadata: { name: "lead", resourceVersion } };
    expect((await http.put(path, seen)).code).toBe(200);
  });

  it("never lets a binding bind to another role", async () => {
    const { http, namespace } = suite;
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
    const binding = (name: string) => ({
      metadata: { name: "bound" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name,
      },
    });
    expect((await http.post(path, binding("view"))).code).toBe(201);
    const change = await http.merge(`${path}/bound`, binding("admin"));
    expect([change.code, change.body.details?.causes?.[0]?.field]).toEqual([
      422,
      "roleRef",
    ]);
  });
});
