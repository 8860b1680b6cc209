import { ManualClock } from "@vworkspace/kernel";
import { openKubeApi } from "./kube-client";
import { ConflictError, KindMissingError, KubeError } from "./kube-error";
import type { KubeObject } from "./kube-object";
import type { WatchEvent } from "./watch-source";
import {
  failure,
  FakeKubeConnection,
  ok,
} from "./testing/fake-kube-connection";

const RELEASE = {
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  namespace: "shop",
  name: "odoo",
};
const ROOT = "/apis/helm.toolkit.fluxcd.io/v2";
const PATH = `${ROOT}/namespaces/shop/helmreleases/odoo`;
const MANAGER = { fieldManager: "vworkspace-operator" };
const UNNAMED = failure(404, "NotFound", {
  message: "the server could not find the requested resource",
  details: {},
});
const MISSING = failure(404, "NotFound", {
  message: 'helmreleases "odoo" not found',
  details: { name: "odoo", kind: "helmreleases" },
});

function setUp() {
  const clock = new ManualClock();
  const connection = new FakeKubeConnection()
    .serveKinds(RELEASE.apiVersion, { HelmRelease: "helmreleases/status" })
    .serveKinds("v1", { Secret: "secrets", ConfigMap: "configmaps" });
  const api = openKubeApi(connection, { clock, random: () => 0.5 });
  return { clock, connection, api };
}

function release(rest: Record<string, unknown> = {}): KubeObject {
  const { apiVersion, kind, namespace, name } = RELEASE;
  return { apiVersion, kind, metadata: { namespace, name }, ...rest };
}

async function failureOf(work: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubeError) return error;
  throw new Error(`expected a KubeError, got ${String(error)}`);
}

describe("KubeApi.get", () => {
  it("returns the object", async () => {
    const { api, connection } = setUp();
    connection.serve(`GET ${PATH}`, ok(release({ spec: { a: 1 } })));
    expect(await api.get(RELEASE)).toEqual(release({ spec: { a: 1 } }));
  });

  it("returns undefined where the kind is served and the object is missing", async () => {
    const { api, connection } = setUp();
    connection.serve(`GET ${PATH}`, MISSING);
    expect(await api.get(RELEASE)).toBe(undefined);
  });

  it("fails with KindMissingError where the group isn't served", async () => {
    const { api } = setUp();
    const ref = { ...RELEASE, apiVersion: "velero.io/v1", kind: "Backup" };
    const error = await failureOf(api.get(ref));
    expect(error).toBeInstanceOf(KindMissingError);
    expect(error.message).toContain("Backup in velero.io/v1");
  });

  it("fails with KindMissingError where the kind was removed since, then looks again", async () => {
    const { api, connection } = setUp();
    connection.serve(`GET ${PATH}`, ok(release()), UNNAMED);
    await api.get(RELEASE);
    expect(await failureOf(api.get(RELEASE))).toBeInstanceOf(KindMissingError);
    connection.serveKinds(RELEASE.apiVersion, {});
    expect(await failureOf(api.get(RELEASE))).toBeInstanceOf(KindMissingError);
    expect(connection.count(`GET ${ROOT}`)).toBe(2);
  });

  it.each(["../../secrets/x", "", ".", "..", "a%2fb"])(
    "refuses the name %j, which could lead to another path",
    async (name) => {
      const { api, connection } = setUp();
      expect((await failureOf(api.get({ ...RELEASE, name }))).status).toBe(400);
      expect(connection.count(`GET ${PATH}`)).toBe(0);
    },
  );

  it("refuses an apiVersion that is none, and a namespaced object without a namespace", async () => {
    const { api, connection } = setUp();
    const { namespace: _, ...unplaced } = RELEASE;
    expect((await failureOf(api.get(unplaced))).message).toBe(
      "HelmRelease odoo needs a namespace.",
    );
    const odd = { ...RELEASE, apiVersion: "../v1" };
    expect((await failureOf(api.get(odd))).status).toBe(400);
    expect(connection.requests).toHaveLength(1);
  });

  it("quotes nothing of an answer that it can't read", async () => {
    const { api, connection } = setUp();
    connection.serve(`GET ${PATH}`, ok("{hunter2"));
    const error = await failureOf(api.get(RELEASE));
    expect(error.reason).toBe("Undecodable");
    expect(error.message).not.toContain("hunter2");
    connection.serve(`GET ${PATH}`, ok({ metadata: { name: 5 } }));
    expect((await failureOf(api.get(RELEASE))).message).toContain(
      "metadata.name",
    );
  });
});

describe("KubeApi.list", () => {
  const LIST = `GET ${ROOT}/helmreleases`;
  const page = (names: string[], token?: string) =>
    ok({
      metadata: { resourceVersion: "7", continue: token },
      items: names.map((name) => ({ metadata: { name, namespace: "shop" } })),
    });

  it("puts the pages together and adds what items of lists lack", async () => {
    const { api, connection } = setUp();
    connection.serve(LIST, page(["a", "b"], "next"), page(["c"]));
    const items = await api.list(RELEASE, { labelSelector: "x=y", limit: 2 });
    expect(items.map((item) => item.metadata.name)).toEqual(["a", "b", "c"]);
    expect(items[0]).toMatchObject({ kind: "HelmRelease" });
    expect(connection.requests.slice(1).map((each) => each.query)).toEqual([
      { limit: "2", labelSelector: "x=y" },
      { limit: "2", labelSelector: "x=y", continue: "next" },
    ]);
  });

  it("starts over once when the snapshot expires, and gives up the second time", async () => {
    const { api, connection } = setUp();
    const gone = failure(410, "Expired", { message: "too old" });
    connection.serve(LIST, page(["a"], "n"), gone, page(["b"], "n"), gone);
    expect((await failureOf(api.list(RELEASE))).status).toBe(410);
    connection.serve(LIST, page(["a"], "n"), gone, page(["b"]));
    const items = await api.list(RELEASE);
    expect(items.map((item) => item.metadata.name)).toEqual(["b"]);
  });

  it("takes a null list for an empty one", async () => {
    const { api, connection } = setUp();
    connection.serve(LIST, ok({ metadata: {}, items: null }));
    expect(await api.list(RELEASE)).toEqual([]);
  });
});

describe("KubeApi writes", () => {
  it("applies with the manager's name, preconditions kept and managed fields left out", async () => {
    const { api, connection } = setUp();
    connection.serve(`PATCH ${PATH}`, ok(release()));
    const object = release({ spec: {} });
    object.metadata.uid = "u1";
    object.metadata.managedFields = [{ manager: "other" }];
    await api.apply(object, { ...MANAGER, force: true, dryRun: true });
    const request = connection.requests.at(-1);
    expect(request?.query).toEqual({
      fieldManager: "vworkspace-operator",
      force: "true",
      dryRun: "All",
    });
    expect(request?.body?.contentType).toBe("application/apply-patch+yaml");
    expect(JSON.parse(request?.body?.text ?? "")).toEqual({
      ...release({ spec: {} }),
      metadata: { namespace: "shop", name: "odoo", uid: "u1" },
    });
  });

  it("reports whose fields an apply met", async () => {
    const { api, connection } = setUp();
    const causes = [
      {
        reason: "FieldManagerConflict",
        message: 'conflict with "kubectl \\"x\\"" using helm.toolkit/v2',
        field: ".spec.interval",
      },
      {
        reason: "FieldManagerConflict",
        message: 'conflict with "flux" with subresource "status" using v2',
        field: ".spec.timeout",
      },
    ];
    connection.serve(
      `PATCH ${PATH}`,
      failure(409, "Conflict", { details: { causes } }),
    );
    const error = await failureOf(api.apply(release(), MANAGER));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error.isRetryable).toBe(false);
    expect((error as ConflictError).conflicts).toEqual([
      { manager: 'kubectl "x"', field: ".spec.interval" },
      { manager: "flux", field: ".spec.timeout" },
    ]);
  });

  it("takes an object that doesn't fit its schema for invalid, not for a server in trouble", async () => {
    const { api, connection } = setUp();
    const message =
      "failed to create typed patch object (/a; x/v1, Kind=X): .spec.b: field not declared in schema";
    connection.serve(`PATCH ${PATH}`, failure(500, "", { message }));
    const error = await failureOf(api.apply(release(), MANAGER));
    expect(error).toMatchObject({ status: 422, reason: "Invalid" });
    expect(error.isRetryable).toBe(false);
    expect(error.message).toContain(".spec.b: field not declared in schema");
  });

  it("takes another object under the name for a conflict", async () => {
    const { api, connection } = setUp();
    const causes = [{ reason: "FieldValueInvalid", field: "metadata.uid" }];
    connection.serve(
      `PATCH ${PATH}`,
      failure(422, "Invalid", { details: { name: "odoo", causes } }),
    );
    const error = await failureOf(api.apply(release(), MANAGER));
    expect(error).toMatchObject({ status: 409, reason: "Conflict" });
    expect(error).not.toBeInstanceOf(ConflictError);
  });

  it("tells a lost precondition from a conflict of managers", async () => {
    const { api, connection } = setUp();
    connection.serve(
      `PATCH ${PATH}`,
      failure(409, "Conflict", { message: "uid mismatch" }),
    );
    const error = await failureOf(api.apply(release(), MANAGER));
    expect(error).not.toBeInstanceOf(ConflictError);
    expect([error.status, error.reason]).toEqual([409, "Conflict"]);
  });

  it("sends of a status patch the names, the preconditions and the status", async () => {
    const { api, connection } = setUp();
    connection.serve(`PATCH ${PATH}/status`, ok(release()));
    const object = release({ spec: { a: 1 }, status: { phase: "Ready" } });
    object.metadata.resourceVersion = "9";
    object.metadata.labels = { a: "b" };
    await api.patchStatus(object, MANAGER);
    const request = connection.requests.at(-1);
    expect(request?.query).toMatchObject({ force: "true" });
    expect(JSON.parse(request?.body?.text ?? "")).toEqual({
      apiVersion: RELEASE.apiVersion,
      kind: "HelmRelease",
      metadata: { name: "odoo", namespace: "shop", resourceVersion: "9" },
      status: { phase: "Ready" },
    });
  });

  it("refuses a status patch of a kind without a status subresource", async () => {
    const { api, connection } = setUp();
    const object = { ...release(), apiVersion: "v1", kind: "ConfigMap" };
    const error = await failureOf(api.patchStatus(object, MANAGER));
    expect(error.message).toContain("no status subresource");
    expect(error).not.toBeInstanceOf(KindMissingError);
    expect(connection.requests).toHaveLength(1);
  });

  it("deletes under preconditions, and takes an absent object or kind for a success", async () => {
    const { api, connection } = setUp();
    connection.serve(`DELETE ${PATH}`, ok({ kind: "Status" }), MISSING);
    const options = { uid: "u1", propagationPolicy: "Orphan" as const };
    await api.delete(RELEASE, options);
    expect(JSON.parse(connection.requests.at(-1)?.body?.text ?? "")).toEqual({
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Orphan",
      preconditions: { uid: "u1" },
    });
    await api.delete(RELEASE);
    await api.delete({ ...RELEASE, apiVersion: "velero.io/v1" });
    connection.serve(`DELETE ${PATH}`, failure(409, "Conflict"));
    expect((await failureOf(api.delete(RELEASE))).status).toBe(409);
  });

  it("takes a missing namespace for what it is, not for a missing kind", async () => {
    const { api, connection } = setUp();
    connection.serve(
      `POST ${ROOT}/namespaces/shop/helmreleases`,
      failure(404, "NotFound", {
        details: { name: "shop", kind: "namespaces" },
      }),
    );
    const error = await failureOf(api.create(release(), MANAGER));
    expect(error).not.toBeInstanceOf(KindMissingError);
    expect(error.status).toBe(404);
  });

  it("shows nothing of a refused Secret", async () => {
    const { api, connection } = setUp();
    const message = 'Secret in v1 is invalid: data: Invalid value: "hunter2"';
    const causes = [{ reason: "FieldValueInvalid", message, field: "data.x" }];
    connection.serve(
      "PATCH /api/v1/namespaces/shop/secrets/odoo",
      failure(422, "Invalid", { message, details: { name: "odoo", causes } }),
    );
    const secret = { ...release(), apiVersion: "v1", kind: "Secret" };
    const error = await failureOf(api.apply(secret, MANAGER));
    expect(error.message).toBe("Could not apply Secret shop/odoo: 422 Invalid");
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(error.causes).toEqual([
      { reason: "FieldValueInvalid", field: "data.x" },
    ]);
  });

  it.each([
    [409, "AlreadyExists", false],
    [422, "Invalid", false],
    [403, "Forbidden", false],
    [429, "TooManyRequests", true],
    [500, "InternalError", true],
    [503, "ServiceUnavailable", true],
    [504, "Timeout", true],
  ])("says of %i %s whether it may pass: %s", async (status, reason, may) => {
    const { api, connection } = setUp();
    connection.serve(`PATCH ${PATH}`, failure(status, reason));
    const error = await failureOf(api.patch(RELEASE, {}, MANAGER));
    expect([error.reason, error.isRetryable]).toEqual([reason, may]);
  });
});

describe("KubeApi.serves", () => {
  it("asks at most every 30 s for what is there, and every second for what isn't", async () => {
    const { api, connection, clock } = setUp();
    const both = () =>
      Promise.all([
        api.serves(RELEASE),
        api.serves({ ...RELEASE, kind: "Other" }),
      ]);
    expect(await both()).toEqual([true, false]);
    expect(await both()).toEqual([true, false]);
    expect(connection.count(`GET ${ROOT}`)).toBe(1);
    await clock.advance(1_000);
    expect(await both()).toEqual([true, false]);
    expect(connection.count(`GET ${ROOT}`)).toBe(2);
    await clock.advance(999);
    await both();
    expect(connection.count(`GET ${ROOT}`)).toBe(2);
  });

  it("does not take a server in trouble for a missing kind", async () => {
    const { api, connection } = setUp();
    connection.serve(
      "GET /apis/metrics.k8s.io/v1",
      failure(503, "ServiceUnavailable"),
    );
    const kind = { apiVersion: "metrics.k8s.io/v1", kind: "NodeMetrics" };
    const error = await failureOf(api.serves(kind));
    expect(error).not.toBeInstanceOf(KindMissingError);
    expect(error.isRetryable).toBe(true);
  });
});

describe("WatchSource.watch", () => {
  const object = { ...release(), metadata: { ...release().metadata } };
  const lines = (...events: unknown[]) =>
    ok(events.map((event) => `${JSON.stringify(event)}\n`).join(""));

  async function watched(answer: { status: number; body: unknown }) {
    const { api, connection } = setUp();
    connection.serve(`GET ${ROOT}/namespaces/shop/helmreleases`, answer);
    const events: WatchEvent[] = [];
    const from = { namespace: "shop", resourceVersion: "7" };
    const { signal } = new AbortController();
    const ended = (async () => {
      for await (const event of api.watch(RELEASE, from, signal))
        events.push(event);
    })();
    const error: unknown = await ended.catch((reason: unknown) => reason);
    return { events, error, query: connection.requests.at(-1)?.query };
  }

  it("reads events however the bytes are cut, and skips types it doesn't know", async () => {
    const named = { ...object, note: "Zürich 🚢" };
    const { events, error, query } = await watched(
      lines(
        { type: "ADDED", object: named },
        { type: "INVENTED", object: {} },
        { type: "BOOKMARK", object: { metadata: { resourceVersion: "8" } } },
        { type: "DELETED", object },
      ),
    );
    expect(error).toBe(undefined);
    expect(events).toEqual([
      { type: "ADDED", object: named },
      { type: "BOOKMARK", resourceVersion: "8" },
      { type: "DELETED", object },
    ]);
    expect(query).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "7",
      timeoutSeconds: "450",
    });
  });

  it("fails with the status of an ERROR event", async () => {
    const status = failure(410, "Expired", { message: "too old" }).body;
    const { error } = await watched(lines({ type: "ERROR", object: status }));
    expect(error).toMatchObject({ status: 410, reason: "Expired" });
  });

  it("fails with the status of a refused watch, and on a line it can't read", async () => {
    expect((await watched(failure(403, "Forbidden"))).error).toMatchObject({
      status: 403,
    });
    expect((await watched(UNNAMED)).error).toBeInstanceOf(KindMissingError);
    expect((await watched(ok("nonsense\n"))).error).toMatchObject({
      reason: "Undecodable",
    });
  });
});
