import { MemoryKubeApi } from "../../../testing/memory-kube-api";
import { MemoryWatches } from "../../../testing/memory-watches";
import { mayKnock } from "./leads-outside";

const namespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { "managed-by": "vworkspace" } },
};
const service = (type: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop" },
  spec: { type, externalName: "metadata.internal" },
});

function setUp() {
  const api = new MemoryKubeApi();
  const watches = new MemoryWatches();
  watches.show(namespace);
  return {
    api,
    watches,
    asks: () => mayKnock({ api, watches }, "shop", "web"),
  };
}

describe("mayKnock", () => {
  it("lets knock at a Service, and at one that isn't there yet", async () => {
    const { api, asks } = setUp();
    expect(await asks()).toBe(true);
    api.put(service("ClusterIP"));
    expect(await asks()).toBe(true);
  });

  it("lets nobody knock at one that became a name for somewhere else, watched or not", async () => {
    const { api, watches, asks } = setUp();
    api.put(service("ExternalName"));
    expect(await asks()).toBe(false);
    watches.show(service("ClusterIP"));
    expect(await asks()).toBe(true);
    watches.show(service("ExternalName"));
    expect(await asks()).toBe(false);
  });

  it("lets nobody knock in a namespace that opted out", async () => {
    const { api, watches, asks } = setUp();
    api.put(service("ClusterIP"));
    watches.hide(namespace);
    expect(await asks()).toBe(false);
  });
});
