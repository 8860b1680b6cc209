import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock, SystemClock } from "@vworkspace/kernel";
import {
  type OpenedCluster,
  openCluster,
} from "../../../test/cluster/open-cluster";
import { openKubeApi, type KubeClient } from "./kube-client";
import type { KubeConnection } from "./kube-connection";
import { isExpired } from "./kube-error";
import type { KubeObject } from "./kube-object";
import { loadKubeConnection } from "./load-kube-connection";
import { Reflector } from "./reflector";
import { CuttableNetwork } from "./testing/cuttable-network";
import { eventually } from "../../../test/cluster/eventually";
import { makeNamespace, Widgets } from "./testing/widgets";
import { type WatchEvent, WatchSource } from "./watch-source";

const MANAGER = { fieldManager: "test" };

/** Waits a twentieth of what it is told, so that a poll of every 20 s is no test's bottleneck. */
class HastyClock extends Clock {
  private readonly system = new SystemClock();

  override now(): number {
    return this.system.now();
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    return this.system.sleep(ms / 20, signal);
  }
}

/** Asks for the first watch from a version that the server has long forgotten. */
class ForgetfulSource extends WatchSource {
  lists = 0;
  watches = 0;

  constructor(private readonly source: WatchSource) {
    super();
  }

  override listPage: WatchSource["listPage"] = (...request) => {
    this.lists += 1;
    return this.source.listPage(...request);
  };

  override watch: WatchSource["watch"] = (
    kind,
    from,
    signal,
  ): AsyncIterable<WatchEvent> => {
    this.watches += 1;
    const resourceVersion = this.watches === 1 ? "1" : from.resourceVersion;
    return this.source.watch(kind, { ...from, resourceVersion }, signal);
  };
}

describe("Reflector on an API server", () => {
  let cluster: OpenedCluster;
  let direct: KubeConnection;
  let api: KubeClient;
  let folder: string;
  let network: CuttableNetwork;
  let connection: KubeConnection;
  let source: KubeClient;
  let widgets: Widgets;
  let namespace: string;

  beforeAll(async () => {
    cluster = await openCluster();
    direct = loadKubeConnection({ kubeconfig: cluster.kubeconfigPath });
    api = openKubeApi(direct);
    folder = mkdtempSync(join(tmpdir(), "reflector-"));
    const copy = join(folder, "kubeconfig");
    network = await CuttableNetwork.between(cluster.kubeconfigPath, copy);
    connection = loadKubeConnection({ kubeconfig: copy });
    source = openKubeApi(connection);
    widgets = new Widgets(api, "reflector.test.vworkspace.io");
    namespace = await makeNamespace(api, "reflector");
    await widgets.install();
    await eventually("the kind is served", () => api.serves(widgets.kind));
  }, 600_000);

  afterAll(async () => {
    await connection.close();
    await network.close();
    await widgets.uninstall();
    await direct.close();
    await cluster.stop();
    rmSync(folder, { recursive: true });
  });

  function follow(from: WatchSource = source) {
    const seen: string[] = [];
    const errors: unknown[] = [];
    const reflector = new Reflector<KubeObject>(from, widgets.kind, {
      namespace,
      pageSize: 2,
      onChange: (key, object) =>
        seen.push(
          `${key.slice(key.indexOf("/") + 1)}=${JSON.stringify(object?.spec)}`,
        ),
      onError: (error) => errors.push(error),
      clock: new HastyClock(),
    });
    const stop = new AbortController();
    const ended = reflector.start(stop.signal);
    const end = () => {
      stop.abort();
      return ended;
    };
    return { reflector, seen, errors, end };
  }

  const put = (name: string, size: number) =>
    api.apply(widgets.widget(namespace, name, { spec: { size } }), MANAGER);
  const remove = (name: string) => api.delete(widgets.ref(namespace, name));
  const names = (reflector: Reflector<KubeObject>) =>
    [...reflector.store.values()].map((object) => object.metadata.name).sort();

  afterEach(async () => {
    for (const { metadata } of await api
      .list(widgets.kind, { namespace })
      .catch(() => []))
      await remove(metadata.name);
  });

  it("holds what is there, page by page, and follows every change in order", async () => {
    for (const name of ["a", "b", "c"]) await put(name, 1);
    const { reflector, seen, errors, end } = follow();
    expect(await reflector.waitForSync()).toBe(true);
    expect(names(reflector)).toEqual(["a", "b", "c"]);
    seen.length = 0;
    await put("d", 1);
    await put("a", 2);
    await put("a", 3);
    await remove("b");
    await eventually(
      "b is reported as gone",
      () => !names(reflector).includes("b"),
    );
    expect(seen).toEqual([
      'd={"size":1}',
      'a={"size":2}',
      'a={"size":3}',
      "b=undefined",
    ]);
    expect(errors).toEqual([]);
    await end();
  });

  it("misses nothing that happens while the connection is cut", async () => {
    for (const name of ["a", "b"]) await put(name, 1);
    const { reflector, seen, errors, end } = follow();
    await reflector.waitForSync();
    for (let round = 1; round <= 3; round += 1) {
      network.cut();
      await put("a", round + 1);
      await remove("b");
      await put(`new-${round}`, 1);
      await eventually("it noticed", () => errors.length > 0);
      errors.length = 0;
      network.rejoin();
      await eventually("it caught up", () =>
        names(reflector).includes(`new-${round}`),
      );
      expect(reflector.store.get(`${namespace}/a`)?.spec).toEqual({
        size: round + 1,
      });
    }
    expect(names(reflector)).toEqual(["a", "new-1", "new-2", "new-3"]);
    expect(seen.filter((change) => change === "b=undefined")).toHaveLength(1);
    await end();
  });

  it("lists again when its version is too old", async () => {
    await put("a", 1);
    const forgetful = new ForgetfulSource(source);
    const { reflector, errors, end } = follow(forgetful);
    await reflector.waitForSync();
    await put("b", 1);
    await eventually("b is seen", () => names(reflector).includes("b"));
    expect(errors.map(isExpired)).toEqual([true]);
    expect([forgetful.lists, forgetful.watches]).toEqual([2, 2]);
    await end();
  });

  it("closes its connection when it is told to end, though the server would go on", async () => {
    const before = network.connections;
    const { reflector, end } = follow();
    await reflector.waitForSync();
    await eventually("it watches", () => network.connections > before);
    await end();
    await eventually(
      "its connection is gone",
      () => network.connections <= before,
    );
  });

  it("waits for a kind that is gone, and goes on when it is back", async () => {
    await put("a", 1);
    const { reflector, seen, end } = follow();
    await reflector.waitForSync();
    await widgets.uninstall();
    await eventually("it is no more served", () => !reflector.isServed);
    expect(reflector.store.size).toBe(0);
    expect(seen.at(-1)).toBe("a=undefined");
    await eventually("the CRD can be made again", () =>
      widgets.install().then(
        () => true,
        () => false,
      ),
    );
    await eventually("it is served again", () => reflector.isServed);
    await eventually("an object can be made", () =>
      put("b", 1).then(
        () => true,
        () => false,
      ),
    );
    await eventually("b is seen", () => names(reflector).includes("b"));
    await end();
  }, 90_000);
});
