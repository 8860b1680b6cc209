import type { KubeAnswer, KubeBody, ManagedFields } from "./kube-http";
import { WidgetSuite } from "./widget-suite";

describe("An API server, on server-side apply", () => {
  let suite: WidgetSuite;

  beforeAll(async () => {
    suite = await WidgetSuite.open();
  }, 600_000);
  afterAll(() => suite.close());

  type Spec = Readonly<Record<string, unknown>>;

  const apply = (
    name: string,
    manager: string,
    spec: Spec,
    metadata: Spec = {},
  ): Promise<KubeAnswer> =>
    suite.http.apply(
      suite.path(name),
      manager,
      suite.widget(name, spec, metadata),
    );
  const force = (name: string, manager: string, spec: Spec) =>
    suite.http.apply(
      `${suite.path(name)}?force=true`,
      manager,
      suite.widget(name, spec),
    );
  const owned = (body: KubeBody, manager: string): ManagedFields | undefined =>
    body.metadata.managedFields?.find((entry) => entry.manager === manager);
  const conflicts = ({ body }: KubeAnswer) =>
    body.details?.causes?.map(({ field, message }) => [field, message]);

  it("creates, and notes what the manager owns", async () => {
    const created = await apply(
      "owned",
      "one",
      {
        name: "abc",
        size: 1,
        ports: [{ name: "x", port: 1 }],
        tags: ["t"],
        words: ["w"],
        free: { x: { y: 1, list: [1] }, empty: {} },
        groups: { g: { a: "1" } },
        settings: {},
      },
      { labels: { l: "1" }, finalizers: ["example.com/f"] },
    );
    expect(created.code).toBe(201);
    const { group } = suite;
    expect(created.body.metadata.managedFields).toEqual([
      {
        manager: "one",
        operation: "Apply",
        apiVersion: `${group}/v1`,
        time: expect.any(String) as unknown,
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:metadata": {
            "f:finalizers": { 'v:"example.com/f"': {} },
            "f:labels": { "f:l": {} },
          },
          "f:spec": {
            "f:name": {},
            "f:size": {},
            "f:ports": {
              'k:{"name":"x"}': { ".": {}, "f:name": {}, "f:port": {} },
            },
            "f:tags": { 'v:"t"': {} },
            "f:words": {},
            "f:free": {
              "f:x": { ".": {}, "f:y": {}, "f:list": {} },
              "f:empty": {},
            },
            "f:groups": { "f:g": { ".": {}, "f:a": {} } },
            "f:settings": {},
          },
        },
      },
    ]);
    expect(created.body.spec).toMatchObject({
      mode: "fast",
      settings: { isOn: true },
    });
    const again = await apply("owned", "other", { name: "abc" });
    expect(again.code).toBe(200);
    await suite.http.merge(suite.path("owned"), {
      metadata: { finalizers: null },
    });
  });

  it("notes what other writes own, containers and defaults included", async () => {
    const { body } = await suite.http.post(
      `${suite.path()}?fieldManager=poster`,
      suite.widget("posted", { name: "abc", ports: [{ name: "x" }] }),
    );
    expect(owned(body, "poster")).toMatchObject({
      operation: "Update",
      fieldsV1: {
        "f:spec": {
          ".": {},
          "f:mode": {},
          "f:name": {},
          "f:ports": { ".": {}, 'k:{"name":"x"}': { ".": {}, "f:name": {} } },
        },
      },
    });
    const patched = await suite.http.merge(
      `${suite.path("posted")}?fieldManager=patcher`,
      { spec: { mode: "slow" } },
    );
    expect(owned(patched.body, "patcher")?.fieldsV1).toEqual({
      "f:spec": { "f:mode": {} },
    });
    expect(
      JSON.stringify(owned(patched.body, "poster")?.fieldsV1),
    ).not.toContain("f:mode");
  });

  it("names a manager after the user agent when the request names none", async () => {
    const body = suite.widget("agent", { name: "abc" });
    const created = await suite.http.post(suite.path(), body);
    expect(owned(created.body, "suite")).toBeDefined();
  });

  it("reports every conflict with its owner and field, and changes nothing", async () => {
    const first = await apply(
      "fought",
      "one",
      {
        name: "abc",
        size: 1,
        words: ["p"],
        free: { x: { y: 1 } },
        ports: [{ name: "x", port: 1 }],
      },
      { labels: { l: "1" } },
    );
    const second = await apply(
      "fought",
      "two",
      {
        name: "xyz",
        size: 2,
        words: ["q"],
        free: { x: { y: 2 } },
        ports: [{ name: "x", port: 2 }],
      },
      { labels: { l: "2" } },
    );
    expect([second.code, second.body.reason]).toEqual([409, "Conflict"]);
    expect(conflicts(second)).toEqual(
      [
        ".metadata.labels.l",
        ".spec.name",
        ".spec.size",
        ".spec.words",
        ".spec.free.x.y",
        '.spec.ports[name="x"].port',
      ]
        .map((field) => [field, 'conflict with "one"'])
        .sort((a, b) => order(a[0]) - order(b[0])),
    );
    expect(second.body.message).toContain(
      'Apply failed with 6 conflicts: conflicts with "one":\n- .metadata.labels.l\n',
    );
    expect((await suite.http.get(suite.path("fought"))).body).toEqual(
      first.body,
    );

    function order(field = ""): number {
      const fields = second.body.details?.causes?.map((cause) => cause.field);
      return fields?.indexOf(field) ?? -1;
    }
  });

  it("words one conflict with another kind of writer so", async () => {
    await apply("worded", "one", { name: "abc" });
    await suite.http.merge(`${suite.path("worded")}?fieldManager=hand`, {
      spec: { size: 5 },
    });
    const { body } = await apply("worded", "one", { name: "abc", size: 6 });
    const owner = `"hand" using ${suite.group}/v1`;
    expect(body.message).toBe(
      `Apply failed with 1 conflict: conflict with ${owner}: .spec.size`,
    );
    expect(body.details?.causes).toEqual([
      {
        reason: "FieldManagerConflict",
        message: `conflict with ${owner}`,
        field: ".spec.size",
      },
    ]);
  });

  it("lets managers share a field of one value, and takes it away when forced", async () => {
    const first = await apply("shared", "one", { name: "abc", size: 1 });
    const shared = await apply("shared", "two", { name: "abc", size: 1 });
    expect(shared.code).toBe(200);
    expect(shared.body.metadata.generation).toBe(1);
    expect(shared.body.metadata.resourceVersion).not.toBe(
      first.body.metadata.resourceVersion,
    );
    const both = { "f:spec": { "f:name": {}, "f:size": {} } };
    expect(owned(shared.body, "one")?.fieldsV1).toEqual(both);
    expect(owned(shared.body, "two")?.fieldsV1).toEqual(both);
    const forced = await force("shared", "two", { name: "abc", size: 3 });
    expect(forced.body.spec?.["size"]).toBe(3);
    expect(owned(forced.body, "one")?.fieldsV1).toEqual({
      "f:spec": { "f:name": {} },
    });
    expect(owned(forced.body, "two")?.fieldsV1).toEqual(both);
  });

  it("removes what its last owner no longer applies", async () => {
    const all = {
      name: "abc",
      size: 1,
      tags: ["a", "b"],
      ports: [{ name: "x" }, { name: "y" }],
      free: { a: { b: 1, c: 2 }, d: 1 },
      settings: {},
    };
    await apply("left", "one", all, { labels: { l: "1" } });
    const kept = {
      name: "abc",
      tags: ["b"],
      ports: [{ name: "y" }],
      free: { a: { c: 2, z: 1 } },
    };
    await apply("left", "two", kept);
    const left = await apply("left", "one", { name: "abc" });
    expect(left.body.spec).toEqual({ ...kept, mode: "fast" });
    expect(left.body.metadata.labels).toBeUndefined();
    expect(left.body.metadata.generation).toBe(3);
    const bare = await apply("left", "two", { name: "abc" });
    expect(bare.body.spec).toEqual({ name: "abc", mode: "fast" });
  });

  it("gives a default back for a field that is removed", async () => {
    await apply("default", "one", { name: "abc", mode: "slow" });
    const { body } = await apply("default", "one", { name: "abc" });
    expect(body.spec?.["mode"]).toBe("fast");
  });

  it("merges lists by key, with the applied order", async () => {
    const ports = (...names: string[]) => names.map((name) => ({ name }));
    const apply1 = (manager: string, ...names: string[]) =>
      apply("ordered", manager, { name: "abc", ports: ports(...names) });
    await apply1("one", "a", "b", "c");
    const second = await apply1("two", "d", "c", "a");
    expect(second.body.spec?.["ports"]).toEqual(ports("b", "d", "c", "a"));
    const third = await apply1("one", "e", "b");
    expect(third.body.spec?.["ports"]).toEqual(ports("e", "b", "d", "c", "a"));
  });

  it("writes nothing when the same is applied again", async () => {
    const spec = { name: "abc", ports: [{ name: "x", port: 1 }] };
    const first = await apply("again", "one", spec);
    const second = await apply("again", "one", spec);
    expect(second.body).toEqual(first.body);
  });

  it("holds to a resourceVersion and uid of what is there", async () => {
    const { body } = await apply("fenced", "one", { name: "abc" });
    const { uid, resourceVersion } = body.metadata;
    const stale = await apply(
      "fenced",
      "one",
      { name: "xyz" },
      {
        resourceVersion: "1",
      },
    );
    expect([stale.code, stale.body.reason]).toEqual([409, "Conflict"]);
    const other = await apply(
      "fenced",
      "one",
      { name: "xyz" },
      {
        uid: "11111111-1111-1111-1111-111111111111",
      },
    );
    expect([other.code, other.body.reason]).toEqual([422, "Invalid"]);
    const right = await apply(
      "fenced",
      "one",
      { name: "xyz" },
      {
        uid,
        resourceVersion,
      },
    );
    expect([right.code, right.body.spec?.["name"]]).toEqual([200, "xyz"]);
  });

  it("fences an absent object by uid, and not by resourceVersion", async () => {
    const absent = await apply(
      "absent",
      "one",
      { name: "abc" },
      {
        uid: "11111111-1111-1111-1111-111111111111",
      },
    );
    expect([absent.code, absent.body.reason]).toEqual([409, "Conflict"]);
    const created = await apply(
      "absent",
      "one",
      { name: "abc" },
      {
        resourceVersion: "77",
      },
    );
    expect(created.code).toBe(201);
  });

  it("owns status apart from the rest", async () => {
    const { http } = suite;
    await apply("state", "one", { name: "abc" });
    const path = `${suite.path("state")}/status`;
    const conditions = [{ type: "Ready", status: "True" }];
    const applied = await http.apply(path, "reporter", {
      ...suite.status("state", { phase: "x", conditions }),
      spec: { size: 9 },
    });
    expect(applied.body.status).toEqual({ phase: "x", conditions });
    expect(applied.body.spec?.["size"]).toBeUndefined();
    expect(owned(applied.body, "reporter")).toMatchObject({
      subresource: "status",
      operation: "Apply",
      fieldsV1: {
        "f:status": {
          "f:phase": {},
          "f:conditions": {
            'k:{"type":"Ready"}': { ".": {}, "f:type": {}, "f:status": {} },
          },
        },
      },
    });
    const main = await http.apply(suite.path("state"), "one", {
      ...suite.widget("state", { name: "abc" }),
      status: { phase: "not written" },
    });
    expect(main.body.status).toMatchObject({ phase: "x" });
    const fought = await http.apply(
      path,
      "another",
      suite.status("state", { conditions: [{ type: "Ready", status: "No" }] }),
    );
    expect(conflicts(fought)).toEqual([
      [
        '.status.conditions[type="Ready"].status',
        'conflict with "reporter" with subresource "status"',
      ],
    ]);
    const nowhere = await http.apply(
      suite.path("nowhere") + "/status",
      "one",
      suite.status("nowhere", { phase: "x" }),
    );
    expect(nowhere.code).toBe(404);
  });

  it("takes what nobody is known to own for written before", async () => {
    const { http } = suite;
    await apply("before", "one", { name: "abc", size: 1 });
    const reset = await http.merge(suite.path("before"), {
      metadata: { managedFields: [{}] },
    });
    expect(reset.body.metadata.managedFields).toBeUndefined();
    const { body } = await apply("before", "two", { name: "abc" });
    expect(owned(body, "before-first-apply")).toMatchObject({
      operation: "Update",
      fieldsV1: { "f:spec": { "f:size": {} } },
    });
  });

  it("lets a client drop one manager's entry", async () => {
    const { http } = suite;
    await apply("dropped", "one", { name: "abc", size: 1 });
    await apply("dropped", "two", { name: "abc", size: 1 });
    const { body } = await http.get(suite.path("dropped"));
    const index = body.metadata.managedFields?.findIndex(
      ({ manager }) => manager === "one",
    );
    const entry = `/metadata/managedFields/${index ?? 0}`;
    const dropped = await http.jsonPatch(suite.path("dropped"), [
      { op: "test", path: `${entry}/manager`, value: "one" },
      { op: "remove", path: entry },
    ]);
    expect(owned(dropped.body, "one")).toBeUndefined();
    expect((await apply("dropped", "two", { name: "abc", size: 2 })).code).toBe(
      200,
    );
  });

  it.each([
    ["a field that the schema does not have", { name: "abc", other: 1 }, 500],
    [
      "two items of one key",
      { name: "abc", ports: [{ name: "x" }, { name: "x" }] },
      500,
    ],
    ["an item without its key", { name: "abc", ports: [{ port: 1 }] }, 500],
    ["a text in place of a number", { name: "abc", size: "2" }, 500],
    ["a list in place of an object", { name: "abc", settings: [1] }, 500],
    ["an object in place of a list", { name: "abc", ports: { a: 1 } }, 500],
    ["a null", { name: "abc", size: null }, 422],
    ["a value out of bounds", { name: "abc", size: 11 }, 422],
  ])("refuses %s", async (_, spec, code) => {
    expect((await apply("refused", "one", spec)).code).toBe(code);
  });

  it("refuses an apply without manager, with managedFields, or for another name", async () => {
    const { http } = suite;
    const body = suite.widget("formal", { name: "abc" });
    const type = "application/apply-patch+yaml";
    const path = suite.path("formal");
    const anonymous = await http.send("PATCH", path, body, type);
    expect([
      anonymous.code,
      anonymous.body.details?.causes?.[0]?.field,
    ]).toEqual([422, "fieldManager"]);
    const managed = suite.widget(
      "formal",
      { name: "abc" },
      {
        managedFields: [{ manager: "x" }],
      },
    );
    expect((await http.apply(path, "one", managed)).code).toBe(400);
    const other = suite.widget("other", { name: "abc" });
    expect((await http.apply(path, "one", other)).code).toBe(400);
    expect((await http.merge(`${path}?force=true`, {})).code).toBe(422);
  });

  it("reads YAML", async () => {
    const text = `apiVersion: ${suite.group}/v1\nkind: Widget\nmetadata:\n  name: yaml\nspec:\n  name: abc\n`;
    const { code } = await suite.http.apply(suite.path("yaml"), "one", text);
    expect(code).toBe(201);
  });

  it("owns built-in objects by field, too", async () => {
    const { http } = suite;
    const map = (data: object) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "owned" },
      data,
    });
    const path = suite.configMaps("owned");
    const { body } = await http.apply(path, "one", map({ a: "1", b: "1" }));
    expect(owned(body, "one")?.fieldsV1).toEqual({
      "f:data": { "f:a": {}, "f:b": {} },
    });
    expect(conflicts(await http.apply(path, "two", map({ a: "2" })))).toEqual([
      [".data.a", 'conflict with "one"'],
    ]);
    await http.apply(path, "two", map({ c: "3" }));
    const left = await http.apply(path, "one", map({ b: "1" }));
    expect(left.body["data"]).toEqual({ b: "1", c: "3" });
  });

  it("tells a container's port by its protocol, also when that is left out", async () => {
    const { http, namespace } = suite;
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/ported`;
    const ports = [{ containerPort: 80 }];
    const { code, body } = await http.apply(path, "one", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "ported" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: "b" } },
        template: {
          metadata: { labels: { a: "b" } },
          spec: { containers: [{ name: "c", image: "i", ports }] },
        },
      },
    });
    expect(code).toBe(201);
    expect(JSON.stringify(owned(body, "one")?.fieldsV1)).toContain(
      '"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}"',
    );
  });
});
