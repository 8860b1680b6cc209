import type { KubeObject } from "../kube-object";
import { Store, type Change } from "./store";

const RESOURCE = "configmaps.";

function object(name: string, text = ""): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { text },
  };
}

const names = (list: [string, KubeObject][]) =>
  list.map(([, { metadata }]) => metadata.name);

describe("The store", () => {
  it("gives every change a revision of its own and tells it in order", () => {
    const store = new Store(100);
    const told: Change[] = [];
    store.onChange((change) => told.push(change));
    store.put(RESOURCE, object("a"));
    store.put(RESOURCE, object("a", "2"));
    store.remove(RESOURCE, "default/a");
    expect(told.map(({ type }) => type)).toEqual([
      "ADDED",
      "MODIFIED",
      "DELETED",
    ]);
    const revisions = told.map(({ revision }) => revision);
    expect(revisions).toEqual([
      store.revision - 2,
      store.revision - 1,
      store.revision,
    ]);
    expect(
      told.map((change) => change.object.metadata.resourceVersion),
    ).toEqual(revisions.map(String));
  });

  it("reads any state that it still remembers", () => {
    const store = new Store(100);
    store.put(RESOURCE, object("a"));
    store.put(RESOURCE, object("b", "old"));
    const then = store.revision;
    store.put(RESOURCE, object("b", "new"));
    store.put(RESOURCE, object("c"));
    store.remove(RESOURCE, "default/a");
    expect(names(store.list(RESOURCE))).toEqual(["b", "c"]);
    const earlier = store.listAt(RESOURCE, then);
    expect(names(earlier)).toEqual(["a", "b"]);
    expect(earlier[1]?.[1]["data"]).toEqual({ text: "old" });
  });

  it("forgets the oldest changes and knows since when", () => {
    const store = new Store(10);
    const first = store.revision;
    for (let count = 0; count < 25; count += 1)
      store.put(RESOURCE, object("a", String(count)));
    expect(store.oldestRevision).toBeGreaterThan(first);
    const kept = store.changesAfter(store.oldestRevision);
    expect(kept.length).toBe(store.revision - store.oldestRevision);
    expect(kept.length).toBeGreaterThanOrEqual(10);
  });

  it("starts from what another store held, at its revision, with no history", () => {
    const store = new Store(10);
    store.put(RESOURCE, object("a"));
    const copy = new Store(10);
    copy.load(store.content());
    expect(copy.list(RESOURCE)).toEqual(store.list(RESOURCE));
    expect([copy.revision, copy.oldestRevision]).toEqual([
      store.revision,
      store.revision,
    ]);
  });
});
