import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../kube-object";
import { SnapshotFile } from "./snapshot-file";
import { Store } from "./store";

const RESOURCE = "configmaps.";

function object(name: string, text = ""): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { text },
  };
}

describe("The state file of a simulated cluster", () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "vworkspace-state-"));
    path = join(directory, "state.json");
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function open(): Store {
    const store = new Store(100);
    const file = new SnapshotFile(path, store);
    file.load();
    file.keep();
    return store;
  }

  it("has every change that was made, though nobody closed it", () => {
    const store = open();
    store.put(RESOURCE, object("a", "old"));
    store.put(RESOURCE, object("b"));
    store.put(RESOURCE, object("a", "new"));
    store.remove(RESOURCE, "default/b");
    const again = open();
    expect(again.content()).toEqual(store.content());
    again.put(RESOURCE, object("c"));
    expect(open().content()).toEqual(again.content());
  });

  it("loses no more than the change that was being written", () => {
    const store = open();
    store.put(RESOURCE, object("a"));
    appendFileSync(`${path}.journal`, '{"type":"ADDED","revision":9');
    expect(open().content()).toEqual(store.content());
  });

  it("takes changes in their own order, whoever heard of them first", () => {
    const store = new Store(100);
    // As a controller does: it writes while it hears of what somebody else has written.
    store.onChange(({ object: { data } }) => {
      if ((data as { text: string }).text === "first")
        store.put(RESOURCE, object("a", "second"));
    });
    new SnapshotFile(path, store).keep();
    store.put(RESOURCE, object("a", "first"));
    expect(open().content()).toEqual(store.content());
  });

  it("is one file again once it is closed", () => {
    const store = new Store(100);
    const file = new SnapshotFile(path, store);
    file.keep();
    store.put(RESOURCE, object("a"));
    file.close();
    expect(readFileSync(`${path}.journal`, "utf8")).toBe("");
    expect(open().content()).toEqual(store.content());
  });
});
