import {
  type OpenedCluster,
  openCluster,
} from "../../../test/cluster/open-cluster";
import { openKubeApi, type KubeClient } from "./kube-client";
import type { KubeConnection } from "./kube-connection";
import { ConflictError, KindMissingError, KubeError } from "./kube-error";
import { loadKubeConnection } from "./load-kube-connection";
import { eventually } from "../../../test/cluster/eventually";
import { makeNamespace, Widgets } from "./testing/widgets";

const ALICE = { fieldManager: "alice" };
const BOB = { fieldManager: "bob" };

describe("KubeApi on an API server", () => {
  let cluster: OpenedCluster;
  let connection: KubeConnection;
  let api: KubeClient;
  let widgets: Widgets;
  let namespace: string;

  beforeAll(async () => {
    cluster = await openCluster();
    connection = loadKubeConnection({ kubeconfig: cluster.kubeconfigPath });
    api = openKubeApi(connection);
    widgets = new Widgets(api, "client.test.vworkspace.io");
    namespace = await makeNamespace(api, "kube-client");
  }, 600_000);

  afterAll(async () => {
    await connection.close();
    await cluster.stop();
  });

  async function failureOf(work: Promise<unknown>): Promise<KubeError> {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof KubeError) return error;
    throw new Error(`expected a KubeError, got ${String(error)}`);
  }

  it("knows no kind before its CRD is there, and finds it afterwards", async () => {
    expect(await api.serves(widgets.kind)).toBe(false);
    const missing = widgets.ref(namespace, "none");
    expect(await failureOf(api.get(missing))).toBeInstanceOf(KindMissingError);
    expect(await failureOf(api.list(widgets.kind))).toBeInstanceOf(
      KindMissingError,
    );
    await api.delete(missing);
    await widgets.install();
    await eventually("the kind is served", () => api.serves(widgets.kind));
    expect(await api.get(missing)).toBe(undefined);
  });

  it("creates an object once", async () => {
    const created = await api.create(widgets.widget(namespace, "once"), ALICE);
    expect(created.metadata.uid).toBeTruthy();
    const again = api.create(widgets.widget(namespace, "once"), ALICE);
    expect(await failureOf(again)).toMatchObject({
      status: 409,
      reason: "AlreadyExists",
      isRetryable: false,
    });
  });

  it("takes a missing namespace for what it is", async () => {
    const lost = widgets.widget("no-such-namespace", "lost");
    const error = await failureOf(api.create(lost, ALICE));
    expect(error).not.toBeInstanceOf(KindMissingError);
    expect([error.status, error.reason]).toEqual([404, "NotFound"]);
    expect(await api.get(widgets.ref("no-such-namespace", "lost"))).toBe(
      undefined,
    );
  });

  it("applies, names the manager and the field of a conflict, and takes over when forced", async () => {
    const wanted = (size: number) =>
      widgets.widget(namespace, "shared", { spec: { size } });
    await api.apply(wanted(1), ALICE);
    const error = await failureOf(api.apply(wanted(2), BOB));
    expect(error).toBeInstanceOf(ConflictError);
    expect((error as ConflictError).conflicts).toEqual([
      { manager: "alice", field: ".spec.size" },
    ]);
    const taken = await api.apply(wanted(2), { ...BOB, force: true });
    expect(taken).toMatchObject({ spec: { size: 2 } });
    const same = await api.apply(wanted(2), { ...BOB, force: true });
    expect(same.metadata.resourceVersion).toBe(taken.metadata.resourceVersion);
  });

  it("stores nothing in a dry run", async () => {
    const object = widgets.widget(namespace, "tried");
    await api.apply(object, { ...ALICE, dryRun: true });
    expect(await api.get(widgets.ref(namespace, "tried"))).toBe(undefined);
  });

  it("applies to the very object only, where a uid is given", async () => {
    const foreign = "00000000-0000-4000-8000-000000000000";
    const object = widgets.widget(namespace, "fenced");
    const { metadata } = await api.apply(object, ALICE);
    const withUid = (uid: string, name = "fenced") => ({
      ...object,
      metadata: { namespace, name, uid },
      spec: { size: 5 },
    });
    for (const name of ["fenced", "absent"]) {
      const error = await failureOf(api.apply(withUid(foreign, name), ALICE));
      expect(error).not.toBeInstanceOf(ConflictError);
      expect(error.status).toBe(409);
    }
    expect(await api.apply(withUid(metadata.uid ?? ""), ALICE)).toMatchObject({
      spec: { size: 5 },
    });
  });

  it("applies to the very version only, where a resourceVersion is given", async () => {
    const object = widgets.widget(namespace, "versioned");
    const first = await api.apply(object, ALICE);
    const stale = { ...object, metadata: { ...first.metadata } };
    await api.apply({ ...object, spec: { size: 2 } }, ALICE);
    const error = await failureOf(
      api.apply({ ...stale, spec: { size: 3 } }, ALICE),
    );
    expect([error.status, error.reason]).toEqual([409, "Conflict"]);
    expect(error).not.toBeInstanceOf(ConflictError);
  });

  it("writes the status without the spec, under its resourceVersion", async () => {
    const first = await api.apply(widgets.widget(namespace, "told"), ALICE);
    const withStatus = {
      ...first,
      spec: { size: 99 },
      status: { phase: "Ready" },
    };
    const told = await api.patchStatus(withStatus, BOB);
    expect(told).toMatchObject({
      spec: { size: 1 },
      status: { phase: "Ready" },
    });
    expect(told.metadata.generation).toBe(first.metadata.generation);
    const stale = await failureOf(
      api.patchStatus({ ...first, status: { phase: "Old" } }, BOB),
    );
    expect([stale.status, stale.reason]).toEqual([409, "Conflict"]);
    const missing = widgets.widget(namespace, "nobody", { status: {} });
    const error = await failureOf(api.patchStatus(missing, BOB));
    expect(error.status).toBe(404);
    expect(error).not.toBeInstanceOf(KindMissingError);
  });

  it("merges a patch and refuses one for another version", async () => {
    const ref = widgets.ref(namespace, "patched");
    const made = await api.apply(widgets.widget(namespace, "patched"), ALICE);
    const finalizers = ["test.vworkspace.io/hold"];
    const held = await api.patch(ref, { metadata: { finalizers } }, BOB);
    expect(held.metadata.finalizers).toEqual(finalizers);
    const { resourceVersion } = made.metadata;
    const stale = { metadata: { resourceVersion, finalizers: null } };
    expect((await failureOf(api.patch(ref, stale, BOB))).status).toBe(409);
    await api.delete(ref);
    const going = await api.get(ref);
    expect(going?.metadata.deletionTimestamp).toBeTruthy();
    await api.patch(ref, { metadata: { finalizers: null } }, BOB);
    expect(await api.get(ref)).toBe(undefined);
  });

  it("deletes the very object only, where a uid is given, and an absent one with success", async () => {
    const ref = widgets.ref(namespace, "doomed");
    const { metadata } = await api.apply(
      widgets.widget(namespace, "doomed"),
      ALICE,
    );
    const uid = "00000000-0000-4000-8000-000000000000";
    expect((await failureOf(api.delete(ref, { uid }))).status).toBe(409);
    const { resourceVersion } = metadata;
    await api.delete(ref, {
      uid: metadata.uid ?? "",
      resourceVersion: resourceVersion ?? "",
      propagationPolicy: "Background",
    });
    expect(await api.get(ref)).toBe(undefined);
    await api.delete(ref);
  });

  it("lists every page of a selection", async () => {
    const names = ["l1", "l2", "l3", "l4", "l5"];
    for (const name of names) {
      const object = widgets.widget(namespace, name);
      object.metadata.labels = { batch: "list" };
      await api.apply(object, ALICE);
    }
    const listed = await api.list(widgets.kind, {
      namespace,
      labelSelector: "batch=list",
      limit: 2,
    });
    expect(listed.map((item) => item.metadata.name).sort()).toEqual(names);
    expect(listed[0]).toMatchObject(widgets.kind);
    expect(await api.list(widgets.kind, { namespace: "default" })).toEqual([]);
  });

  it.each([
    ["a value of another type", { size: "hunter2" }, "spec.size"],
    ["a field that the schema doesn't have", { weight: 1 }, "spec.weight"],
    ["a text in place of an object", "hunter2", "spec"],
  ])("refuses %s for good, without quoting it", async (_, spec, path) => {
    const object = widgets.widget(namespace, "unfit", { spec });
    const error = await failureOf(api.apply(object, ALICE));
    expect([error.status, error.reason]).toEqual([422, "Invalid"]);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain("hunter2");
  });

  it("names the field that validation refuses", async () => {
    const object = widgets.widget(namespace, "wrong", { spec: { size: 0 } });
    const error = await failureOf(api.apply(object, ALICE));
    expect([error.status, error.reason]).toEqual([422, "Invalid"]);
    expect(error.causes.map((cause) => cause.field)).toContain("spec.size");
    expect(error.message).toContain("spec.size");
  });

  it("shows nothing of a Secret that the server refuses", async () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name: "leaky" },
      type: "kubernetes.io/basic-auth",
      data: { password: "hunter2 is not base64!" },
    };
    for (const write of [
      () => api.apply(secret, ALICE),
      () => api.create(secret, ALICE),
    ]) {
      const error = await failureOf(write());
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(
        "hunter2",
      );
    }
  });

  it("notices that the kind was removed", async () => {
    await widgets.uninstall();
    await eventually("get says that the kind is missing", async () => {
      const result = await api
        .get(widgets.ref(namespace, "once"))
        .catch((error: unknown) => error);
      return result instanceof KindMissingError;
    });
    expect(await api.serves(widgets.kind)).toBe(false);
  });
});
