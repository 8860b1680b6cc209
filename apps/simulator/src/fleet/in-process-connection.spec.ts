import {
  type KubeClient,
  LOCAL_REASONS,
  openKubeApi,
  type WatchEvent,
} from "@vworkspace/kube";
import {
  openSimulatedCluster,
  type SimulatedCluster,
} from "../simulated-cluster";
import { InProcessConnection } from "./in-process-connection";

const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap" };
const MANAGER = { fieldManager: "test" };

describe("The way to a simulated cluster in the same process", () => {
  let cluster: SimulatedCluster;
  let connection: InProcessConnection;
  let api: KubeClient;

  beforeEach(() => {
    const script = { seed: 1, clockAheadSeconds: 0, courses: [] };
    cluster = openSimulatedCluster({}, script);
    connection = new InProcessConnection(cluster.router);
    api = openKubeApi(connection);
  });

  afterEach(async () => {
    await connection.close();
    cluster.stop();
  });

  const ref = (name: string) => ({
    ...CONFIG_MAP,
    namespace: "default",
    name,
  });
  const write = (name: string) =>
    api.apply(
      { ...CONFIG_MAP, metadata: { namespace: "default", name } },
      MANAGER,
    );

  it("carries writes, reads and the API's refusals", async () => {
    const written = await write("a");
    expect(await api.get(ref("a"))).toEqual(written);
    expect(await api.get(ref("b"))).toBeUndefined();
    await expect(
      api.list({ apiVersion: "example.com/v1", kind: "Nothing" }),
    ).rejects.toThrow(/Nothing/);
    await api.delete(ref("a"));
    expect(await api.list(CONFIG_MAP, { namespace: "default" })).toEqual([]);
  });

  it("carries a watch, event by event, until its caller gives it up", async () => {
    const stopping = new AbortController();
    const page = await api.listPage(CONFIG_MAP, { limit: 5 }, stopping.signal);
    const { resourceVersion } = page;
    const events: WatchEvent[] = [];
    const watching = (async () => {
      const from = { resourceVersion };
      for await (const event of api.watch(CONFIG_MAP, from, stopping.signal)) {
        events.push(event);
        if (events.length === 1) await write("b");
        else stopping.abort();
      }
    })();
    await write("a");
    await expect(watching).rejects.toMatchObject({
      reason: LOCAL_REASONS.aborted,
    });
    const seen = events.map((event) =>
      event.type === "BOOKMARK" ? "" : event.object.metadata.name,
    );
    expect(seen).toEqual(["a", "b"]);
  });

  it("is closed for good", async () => {
    await connection.close();
    await expect(write("a")).rejects.toMatchObject({
      reason: LOCAL_REASONS.aborted,
    });
  });
});
