import {
  type OpenedCluster,
  openCluster,
} from "../../../test/cluster/open-cluster";
import { type KubeClient, openKubeApi } from "./kube-client";
import type { KubeConnection } from "./kube-connection";
import type { Kind } from "./kube-object";
import { loadKubeConnection } from "./load-kube-connection";
import { eventually } from "../../../test/cluster/eventually";
import { makeNamespace } from "./testing/widgets";
import type { WatchEvent } from "./watch-source";

const MANAGER = { fieldManager: "test" };
const CONFIG_MAP: Kind = { apiVersion: "v1", kind: "ConfigMap" };
const EVENT: Kind = { apiVersion: "v1", kind: "Event" };
const ONE_NAME = { fieldSelector: "metadata.name=chosen" };
const DRIFT = {
  fieldSelector: "reason=DriftDetected,involvedObject.kind=HelmRelease",
};

/** The API server's own words, to which the client's are compared. */
const METADATA =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

describe("Lists and watches of a part of what there is", () => {
  let cluster: OpenedCluster;
  let connection: KubeConnection;
  let api: KubeClient;
  let namespace: string;

  beforeAll(async () => {
    cluster = await openCluster();
    connection = loadKubeConnection({ kubeconfig: cluster.kubeconfigPath });
    api = openKubeApi(connection);
    namespace = await makeNamespace(api, "selection");
  }, 600_000);
  afterAll(async () => {
    await connection.close();
    await cluster.stop();
  });

  const configMap = (name: string, text: string) => ({
    ...CONFIG_MAP,
    metadata: { namespace, name, labels: { part: "test" } },
    data: { text },
  });
  const event = (name: string, reason: string, kind: string) => ({
    ...EVENT,
    metadata: { namespace, name },
    involvedObject: { kind, namespace, name: "odoo" },
    reason,
    type: "Warning",
    message: name,
  });

  /** What a watch brings from now on, until the callback's end. */
  async function watching(
    kind: Kind,
    selection: { fieldSelector?: string; metadataOnly?: boolean },
    act: (events: readonly WatchEvent[]) => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController();
    const where = { namespace, ...selection };
    const { resourceVersion } = await api.listPage(
      kind,
      { ...where, limit: 1 },
      stop.signal,
    );
    const events: WatchEvent[] = [];
    const watch = (async () => {
      const from = { ...where, resourceVersion };
      for await (const one of api.watch(kind, from, stop.signal))
        events.push(one);
    })().catch(() => undefined);
    await act(events);
    stop.abort();
    await watch;
  }

  it("gives metadata alone, under the kind's own name, in a list and in a watch", async () => {
    await api.create(configMap("whole", "long"), MANAGER);
    const selection = { namespace, metadataOnly: true };
    const [listed] = await api.list(CONFIG_MAP, {
      ...selection,
      fieldSelector: "metadata.name=whole",
    });
    expect(Object.keys(listed ?? {}).sort()).toEqual([
      "apiVersion",
      "kind",
      "metadata",
    ]);
    expect(listed).toMatchObject({
      ...CONFIG_MAP,
      metadata: { name: "whole", labels: { part: "test" } },
    });
    await watching(CONFIG_MAP, { metadataOnly: true }, async (events) => {
      await api.create(configMap("watched", "long"), MANAGER);
      await api.delete({ ...CONFIG_MAP, namespace, name: "watched" });
      await eventually("both changes came", () => events.length === 2);
      for (const one of events)
        expect(Object.keys("object" in one ? one.object : {}).sort()).toEqual([
          "apiVersion",
          "kind",
          "metadata",
        ]);
      expect(events.map(({ type }) => type)).toEqual(["ADDED", "DELETED"]);
      expect(events[0]).toMatchObject({ object: CONFIG_MAP });
    });
  });

  it("calls bare metadata PartialObjectMetadata on the wire, and what goes wrong a Status", async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const send = async (query: Record<string, string>) => {
      const request = { method: "GET", path, query, accept: METADATA } as const;
      const { text } = await connection.send(request);
      return JSON.parse(text) as { kind: string; items?: object[] };
    };
    const list = await send({ limit: "1" });
    expect(list).toMatchObject({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      items: [{ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" }],
    });
    expect(await send({ limit: "x" })).toMatchObject({ kind: "Status" });
  });

  it("selects by name, in a list and in a watch", async () => {
    await api.create(configMap("other", "a"), MANAGER);
    await watching(CONFIG_MAP, ONE_NAME, async (events) => {
      await api.create(configMap("another", "a"), MANAGER);
      await api.create(configMap("chosen", "a"), MANAGER);
      await eventually("the chosen one came", () => events.length === 1);
      expect(events).toMatchObject([
        { type: "ADDED", object: { metadata: { name: "chosen" } } },
      ]);
    });
    const found = await api.list(CONFIG_MAP, { namespace, ...ONE_NAME });
    expect(found.map(({ metadata }) => metadata.name)).toEqual(["chosen"]);
  });

  it("selects Events by their reason and by the kind that they are about", async () => {
    const others = [
      event("e1", "DriftCorrected", "HelmRelease"),
      event("e2", "DriftDetected", "Kustomization"),
    ];
    for (const other of others) await api.create(other, MANAGER);
    await watching(EVENT, DRIFT, async (events) => {
      await api.create(event("e3", "DriftDetected", "HelmRelease"), MANAGER);
      await eventually("the Event came", () => events.length === 1);
    });
    const found = await api.list(EVENT, { namespace, ...DRIFT });
    expect(found.map(({ metadata }) => metadata.name)).toEqual(["e3"]);
  });

  it("refuses a field that the kind can't be selected by", async () => {
    const selection = { namespace, fieldSelector: "data.text=a" };
    await expect(api.list(CONFIG_MAP, selection)).rejects.toMatchObject({
      name: "KubeError",
    });
  });
});
