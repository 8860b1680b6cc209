import {
  type OpenedCluster,
  openCluster,
} from "../../../test/cluster/open-cluster";
import { claimCreated, createApplied } from "./create-applied";
import { openKubeApi, type KubeClient } from "./kube-client";
import type { KubeConnection } from "./kube-connection";
import type { KubeObject } from "./kube-object";
import { loadKubeConnection } from "./load-kube-connection";
import { eventually } from "../../../test/cluster/eventually";
import { makeNamespace, Widgets } from "./testing/widgets";

const ALICE = { fieldManager: "alice" };
const BOB = { fieldManager: "bob" };

describe("An object made by POST as if applied, on an API server", () => {
  let cluster: OpenedCluster;
  let connection: KubeConnection;
  let api: KubeClient;
  let widgets: Widgets;
  let namespace: string;

  beforeAll(async () => {
    cluster = await openCluster();
    connection = loadKubeConnection({ kubeconfig: cluster.kubeconfigPath });
    api = openKubeApi(connection);
    widgets = new Widgets(api, "created.test.vworkspace.io");
    namespace = await makeNamespace(api, "create-applied");
    await widgets.install();
    await eventually("the kind is served", () => api.serves(widgets.kind));
  }, 600_000);

  afterAll(async () => {
    await widgets.uninstall();
    await connection.close();
    await cluster.stop();
  });

  const widget = (name: string, spec: Record<string, unknown>) =>
    widgets.widget(namespace, name, { spec });
  const operations = ({ metadata }: KubeObject) =>
    (metadata.managedFields ?? []).map(
      ({ manager, operation }) => `${manager} ${operation}`,
    );

  it("is changed by the manager's next apply without a conflict, and loses what that one leaves out", async () => {
    const made = await createApplied(
      api,
      widget("next", { size: 1, color: "red" }),
      ALICE,
    );
    expect(operations(made)).toEqual(["alice Apply"]);
    const next = await api.apply(widget("next", { size: 2 }), ALICE);
    expect(next["spec"]).toEqual({ size: 2 });
    expect(operations(next)).toEqual(["alice Apply"]);
  });

  it("stays as it is when the same request arrives once more, after a newer apply", async () => {
    const first = widget("late", { size: 1 });
    await createApplied(api, first, ALICE);
    await api.apply(widget("late", { size: 2 }), ALICE);
    await expect(createApplied(api, first, ALICE)).rejects.toMatchObject({
      status: 409,
      reason: "AlreadyExists",
    });
    const now = await api.get(widgets.ref(namespace, "late"));
    expect(now?.["spec"]).toEqual({ size: 2 });
  });

  it("is claimed later where its maker died in between, beside what others wrote meanwhile", async () => {
    const made = await api.create(widget("torn", { size: 1 }), ALICE);
    const ref = widgets.ref(namespace, "torn");
    await api.patch(ref, { metadata: { labels: { by: "bob" } } }, BOB);
    await expect(claimCreated(api, made, ALICE)).rejects.toMatchObject({
      status: 409,
    });
    const seen = await api.get<KubeObject>(ref);
    if (seen === undefined) throw new Error("torn is gone");
    const claimed = await claimCreated(api, seen, ALICE);
    expect(operations(claimed).sort()).toEqual(["alice Apply", "bob Update"]);
    expect(await claimCreated(api, claimed, ALICE)).toBe(claimed);
    const next = await api.apply(widget("torn", { size: 3 }), ALICE);
    expect(next.metadata.labels).toEqual({ by: "bob" });
    expect(next["spec"]).toEqual({ size: 3 });
  });

  it("is refused with the field's name where it has one that the kind does not know", async () => {
    const wrong = widget("wrong", { size: 1, sise: 2 });
    await expect(createApplied(api, wrong, ALICE)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("sise") as string,
    });
  });
});
