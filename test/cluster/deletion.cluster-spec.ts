import { eventually } from "./eventually";
import { applyDefinitions } from "./install-crds";
import { newNamespace } from "./new-namespace";
import { widgetDefinition } from "./widget-definition";
import { WidgetSuite } from "./widget-suite";

describe("An API server, on deletion", () => {
  let suite: WidgetSuite;

  beforeAll(async () => {
    suite = await WidgetSuite.open();
  }, 600_000);
  afterAll(() => suite.close());

  const spec = { name: "abc" };
  const create = (name: string, finalizers: readonly string[] = []) =>
    suite.http.post(suite.path(), suite.widget(name, spec, { finalizers }));

  it("removes an object that nothing holds and names what is gone", async () => {
    const { http } = suite;
    const { body } = await create("free");
    const deleted = await http.delete(suite.path("free"));
    expect([deleted.code, deleted.body]).toMatchObject([
      200,
      {
        kind: "Status",
        status: "Success",
        details: { name: "free", kind: "widgets", uid: body.metadata.uid },
      },
    ]);
    const again = await http.delete(suite.path("free"));
    expect([again.code, again.body.message]).toEqual([
      404,
      `widgets.${suite.group} "free" not found`,
    ]);
  });

  it("deletes only the object that the preconditions name", async () => {
    const { http } = suite;
    const { body } = await create("fenced");
    const { uid, resourceVersion } = body.metadata;
    const path = suite.path("fenced");
    for (const preconditions of [{ uid: "other" }, { resourceVersion: "1" }]) {
      const refused = await http.delete(path, { preconditions });
      expect([refused.code, refused.body.reason]).toEqual([409, "Conflict"]);
    }
    const preconditions = { uid, resourceVersion };
    expect((await http.delete(path, { preconditions })).code).toBe(200);
    expect((await http.get(path)).code).toBe(404);
  });

  it("keeps an object until its last finalizer is gone", async () => {
    const { http } = suite;
    await create("held", ["example.com/a", "example.com/b"]);
    const path = suite.path("held");
    const marked = await http.delete(path);
    expect(marked.body).toMatchObject({
      kind: "Widget",
      metadata: {
        generation: 2,
        deletionTimestamp: expect.any(String) as unknown,
        deletionGracePeriodSeconds: 0,
      },
    });
    expect((await http.delete(path)).body).toEqual(marked.body);
    const renewed = await create("held");
    expect([renewed.code, renewed.body.reason]).toEqual([409, "AlreadyExists"]);
    expect(renewed.body.message).toMatch(/^object is being deleted: /);
    await http.merge(path, { metadata: { finalizers: ["example.com/b"] } });
    expect((await http.get(path)).code).toBe(200);
    await http.merge(path, { metadata: { finalizers: null } });
    expect((await http.get(path)).code).toBe(404);
  });

  it("adds no finalizer to what is being deleted, and applies to it in vain", async () => {
    const { http } = suite;
    await create("going", ["example.com/a"]);
    const path = suite.path("going");
    await http.delete(path);
    const added = await http.merge(path, {
      metadata: { finalizers: ["example.com/a", "example.com/b"] },
    });
    expect([added.code, added.body.details?.causes?.[0]]).toMatchObject([
      422,
      { reason: "FieldValueForbidden", field: "metadata.finalizers" },
    ]);
    const applied = await http.apply(path, "one", suite.widget("going", spec));
    expect(applied.code).toBe(200);
    await http.merge(path, { metadata: { finalizers: [] } });
    expect((await http.get(path)).code).toBe(404);
  });

  it("lets nobody undo a deletion or date one", async () => {
    const { http } = suite;
    await create("dated", ["example.com/a"]);
    const deletionTimestamp = "2020-01-01T00:00:00Z";
    const path = suite.path("dated");
    const dated = await http.merge(path, { metadata: { deletionTimestamp } });
    expect([dated.code, dated.body.details?.causes?.[0]?.field]).toEqual([
      422,
      "metadata.deletionTimestamp",
    ]);
    await http.delete(path);
    await http.merge(path, { metadata: { deletionTimestamp: null } });
    const { body } = await http.get(path);
    expect(body.metadata.deletionTimestamp).toBeTruthy();
    await http.merge(path, { metadata: { finalizers: null } });
  });

  it("deletes what an owner leaves behind, or sets it free", async () => {
    const { http } = suite;
    const own = async (name: string, owner: string) => {
      const { body } = await http.post(suite.configMaps(), {
        metadata: { name: owner },
      });
      const reference = { apiVersion: "v1", kind: "ConfigMap", name: owner };
      await http.post(suite.configMaps(), {
        metadata: {
          name,
          ownerReferences: [{ ...reference, uid: body.metadata.uid }],
        },
      });
    };
    await own("dependent", "owner");
    await http.delete(
      `${suite.configMaps("owner")}?propagationPolicy=Background`,
    );
    await eventually(
      "the dependent is gone",
      async () => (await http.get(suite.configMaps("dependent"))).code === 404,
    );
    await own("orphan", "leaver");
    await http.delete(`${suite.configMaps("leaver")}?propagationPolicy=Orphan`);
    await eventually(
      "the owner is gone",
      async () => (await http.get(suite.configMaps("leaver"))).code === 404,
    );
    const { body } = await http.get(suite.configMaps("orphan"));
    expect(body.metadata["ownerReferences" as "name"]).toBeUndefined();
    const nonsense = `${suite.configMaps("orphan")}?propagationPolicy=None`;
    expect((await http.delete(nonsense)).code).toBe(422);
  });

  it("marks a namespace, gives it a service account, and empties it at its end", async () => {
    const { http, cluster, group } = suite;
    const name = await newNamespace(cluster.kubeconfigPath, "ending");
    const path = `/api/v1/namespaces/${name}`;
    const { body } = await http.get(path);
    expect(body).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": name } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    await eventually(
      "its default service account is there",
      async () =>
        (await http.get(`${path}/serviceaccounts/default`)).code === 200,
    );
    const widgets = `/apis/${group}/v1/namespaces/${name}/widgets`;
    const held = suite.widget("held", spec, { finalizers: ["example.com/a"] });
    await http.post(widgets, held);
    await http.post(`${path}/configmaps`, { metadata: { name: "map" } });
    const ending = await http.delete(path);
    expect(ending.body.status).toMatchObject({ phase: "Terminating" });
    const late = await http.post(`${path}/configmaps`, {
      metadata: { name: "late" },
    });
    expect([late.code, late.body.details?.causes?.[0]?.reason]).toEqual([
      403,
      "NamespaceTerminating",
    ]);
    await eventually("its map is gone and its widget marked", async () => {
      const map = await http.get(`${path}/configmaps/map`);
      const widget = await http.get(`${widgets}/held`);
      return map.code === 404 && widget.body.metadata.deletionTimestamp;
    });
    expect((await http.get(path)).code).toBe(200);
    await http.merge(`${widgets}/held`, { metadata: { finalizers: null } });
    await eventually(
      "the namespace is gone",
      async () => (await http.get(path)).code === 404,
    );
  });

  it("keeps the namespaces that every cluster has", async () => {
    const answer = await suite.http.delete("/api/v1/namespaces/kube-system");
    expect([answer.code, answer.body.reason]).toEqual([403, "Forbidden"]);
  });

  it("takes a kind's objects with its definition, as their finalizers allow", async () => {
    const { http, cluster } = suite;
    const group = `gone.${suite.group}`;
    await applyDefinitions(cluster.kubeconfigPath, [widgetDefinition(group)]);
    const widgets = `/apis/${group}/v1/namespaces/${suite.namespace}/widgets`;
    const widget = (name: string, finalizers: readonly string[]) => ({
      ...suite.widget(name, spec, { finalizers }),
      apiVersion: `${group}/v1`,
    });
    await http.post(widgets, widget("free", []));
    await http.post(widgets, widget("held", ["example.com/a"]));
    const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;
    await http.delete(definition);
    await eventually("only the held widget is left, marked", async () => {
      const { body } = await http.get(widgets);
      return (
        body.items.length === 1 && body.items[0]?.metadata.deletionTimestamp
      );
    });
    const late = await http.post(widgets, widget("late", []));
    expect([late.code, late.body.reason]).toEqual([403, "Forbidden"]);
    await http.merge(`${widgets}/held`, { metadata: { finalizers: null } });
    await eventually(
      "the kind is not served any more",
      async () => (await http.get(widgets)).code === 404,
    );
    expect((await http.get(definition)).code).toBe(404);
  });
});
