import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  KindMissingError,
  KubeError,
  loadKubeConnection,
  openKubeApi,
  type KubeApi,
  type KubeObject,
  refOf,
} from "@vworkspace/kube";
import { parse } from "yaml";
import { openCluster } from "../../../test/cluster/open-cluster";
import type { OperationSpec } from "./operation";
import type { ApplicationInstanceSpec } from "./application-instance";
import { APPLICATION_INSTANCE, CLUSTER, OPERATION } from "./names";
import {
  applicationInstanceDefaults,
  clusterDefaults,
  operationDefaults,
} from "./resource-defaults";
import { ACCEPTANCES } from "./testing/acceptances";
import {
  cluster as clusterManifest,
  managed,
  NAMESPACE,
  placeholder,
  type Manifest,
} from "./testing/manifests";
import { REFUSALS } from "./testing/refusals";
import { REFUSED_CHANGES } from "./testing/refused-changes";

const CRDS = join(__dirname, "../../../deploy/crds");
const WRITER = { fieldManager: "resources-spec" };
const FIRST_MINUTES = 120_000;
/** The cluster may have seen this spec before. */
const RUN = randomUUID().slice(0, 8);

let cluster: Awaited<ReturnType<typeof openCluster>>;
let api: KubeApi;
const created: KubeObject[] = [];

beforeAll(async () => {
  cluster = await openCluster();
  api = openKubeApi(loadKubeConnection({ kubeconfig: cluster.kubeconfigPath }));
  await api.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
    WRITER,
  );
  for (const file of readdirSync(CRDS)) await installCrd(join(CRDS, file));
  for (const kind of [APPLICATION_INSTANCE, OPERATION, CLUSTER])
    await untilServed(kind);
}, FIRST_MINUTES);

afterAll(async () => {
  for (const object of created) await api.delete(refOf(object));
  await cluster.stop();
});

async function installCrd(path: string): Promise<void> {
  const crd = parse(readFileSync(path, "utf8")) as KubeObject;
  await api.apply(crd, { ...WRITER, force: true });
}

async function untilServed(kind: {
  apiVersion: string;
  kind: string;
}): Promise<void> {
  for (;;) {
    try {
      await api.list(kind, { limit: 1 });
      return;
    } catch (error) {
      if (!(error instanceof KindMissingError)) throw error;
      await sleep(100);
    }
  }
}

function named(manifest: Manifest, name: string): KubeObject {
  const metadata = { ...manifest.metadata, name: `${name}-${RUN}` };
  return { ...manifest, metadata };
}

async function create(object: KubeObject): Promise<KubeObject> {
  const stored = await api.create(object, WRITER);
  created.push(stored);
  return stored;
}

async function refusalOf(attempt: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await attempt.then(
    () => new Error("The API server accepted it."),
    (reason: unknown) => reason,
  );
  if (error instanceof KubeError) return error;
  throw error;
}

/** What the API server says about one field. */
const saidAbout = (error: KubeError, field: string): readonly string[] =>
  error.causes
    .filter((cause) => cause.field === field)
    .map(({ message }) => message ?? "");

describe("The custom resource definitions on an API server", () => {
  it.each(REFUSALS.map((row) => [row.title, row] as const))(
    "refuse %s",
    async (_title, { manifest, field, message }) => {
      const error = await refusalOf(api.create({ ...manifest }, WRITER));
      expect(error.status).toBe(422);
      expect(saidAbout(error, field)).toContainEqual(
        expect.stringContaining(message ?? ""),
      );
    },
  );

  it.each(
    REFUSED_CHANGES.map((row, index) => [row.title, row, index] as const),
  )("refuse %s", async (_title, { given, manifest, field, message }, index) => {
    const name = `change-${index}`;
    created.push(await api.apply(named(given, name), WRITER));
    const error = await refusalOf(api.apply(named(manifest, name), WRITER));
    expect(error.status).toBe(422);
    expect(saidAbout(error, field)).toContainEqual(
      expect.stringContaining(message),
    );
  });

  it("refuse removing the release by a merge patch, so that it cannot come back under another name", async () => {
    const stored = await create(named(managed(), "keeps"));
    const error = await refusalOf(
      api.patch(refOf(stored), { spec: { release: null } }, WRITER),
    );
    expect(saidAbout(error, "spec.release")).toContainEqual(
      expect.stringContaining("spec.release is immutable"),
    );
  });

  it.each(ACCEPTANCES.map((row, index) => [row.title, row, index] as const))(
    "accept %s, and store it with the defaults that the code gives it",
    async (_title, { manifest }, index) => {
      const stored = await create(named(manifest, `accepted-${index}`));
      expect(stored.spec).toEqual(defaultsOf(manifest));
    },
  );

  it("give a managed instance its mode, deletion policy and service account", async () => {
    const stored = await create(named(managed(), "defaults"));
    expect(stored.spec).toMatchObject({
      mode: "managed",
      deletionPolicy: "Delete",
      serviceAccountName: "vworkspace-release",
    });
  });

  it("give the registration Secret the key registrationToken", async () => {
    const registrationTokenSecretRef = { name: "registration" };
    const stored = await create(
      named(clusterManifest({ registrationTokenSecretRef }), "defaults"),
    );
    expect(stored.spec).toEqual({
      registrationTokenSecretRef: {
        name: "registration",
        key: "registrationToken",
      },
    });
  });

  it("refuse to be created with a field that they do not know, and drop it where it comes by a patch", async () => {
    await expect(
      create(named(placeholder({ surprise: true }), "surprising")),
    ).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("spec.surprise") as string,
    });
    const stored = await create(named(placeholder(), "pruned"));
    const patched = await api.patch(
      refOf(stored),
      { spec: { surprise: true } },
      WRITER,
    );
    expect(patched["spec"]).not.toHaveProperty("surprise");
  });

  it("take a status from the status subresource only", async () => {
    const status = { observedGeneration: 7 };
    const object = named(placeholder(), "status");
    expect(await create({ ...object, status })).not.toHaveProperty("status");
    await api.patchStatus(withStatus(object, status), WRITER);
    expect(await api.get(refOf(object))).toMatchObject({ status });
  });

  it("refuse a condition that is neither True, False nor Unknown", async () => {
    const object = await create(named(placeholder(), "condition"));
    const condition = {
      type: "Ready",
      status: "Maybe",
      reason: "Placeholder",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const error = await refusalOf(
      api.patchStatus(withStatus(object, { conditions: [condition] }), WRITER),
    );
    expect(saidAbout(error, "status.conditions[0].status")).toHaveLength(1);
  });
});

/** The manifest that a reconciler applies to the status subresource. */
function withStatus(object: KubeObject, status: object): KubeObject {
  const { apiVersion, kind, name, namespace } = refOf(object);
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    status,
  };
}

function defaultsOf({ kind, spec }: Manifest): unknown {
  if (spec === undefined) return undefined;
  if (kind === CLUSTER.kind) return clusterDefaults(spec);
  if (kind === OPERATION.kind)
    return operationDefaults(spec as unknown as OperationSpec);
  return applicationInstanceDefaults(
    spec as unknown as ApplicationInstanceSpec,
  );
}
