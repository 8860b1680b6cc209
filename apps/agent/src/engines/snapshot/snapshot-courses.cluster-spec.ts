import type { KubeObject } from "@vworkspace/kube";
import type { JsonObject, OperationSpec } from "@vworkspace/resources";
import { EngineBench } from "../../testing/engine-bench";
import { EngineCourse } from "../../testing/engine-course";
import { interruptedApi, Killed } from "../../testing/interrupted-api";
import { StorageStandIn } from "../../testing/storage-stand-in";
import { upstreamDefinition } from "../../testing/upstream-definition";
import {
  DEPLOYMENT,
  HELM_RELEASE,
  STATEFUL_SET,
} from "../../watches/watched-kinds";
import type { EngineVerdict } from "../engine";
import { engineObjectName } from "../engine-objects";
import { SnapshotEngine } from "./snapshot.engine";
import {
  STORAGE_CLASS,
  VOLUME_CLAIM,
  VOLUME_SNAPSHOT,
} from "./snapshot-objects";

const PERSON = { fieldManager: "person" };
const BACKUP = {
  type: "Backup",
  engine: "snapshot",
  parameters: { pvc: "data", volumeSnapshotClassName: "csi" },
} as const;
const RESTORE = {
  type: "Restore",
  engine: "snapshot",
  parameters: { pvc: "data", snapshotName: "before" },
} as const;

let bench: EngineBench;
let storage: StorageStandIn;
let namespace: string;
let uids = 0;

beforeAll(async () => {
  bench = await EngineBench.open([
    upstreamDefinition([
      "snapshot.storage.k8s.io",
      "v1",
      "VolumeSnapshot",
      "volumesnapshots",
    ]),
    upstreamDefinition([
      "helm.toolkit.fluxcd.io",
      "v2",
      "HelmRelease",
      "helmreleases",
    ]),
  ]);
}, 600_000);

beforeEach(async () => {
  namespace = await bench.namespace("snapshots");
  storage = new StorageStandIn(bench.api, namespace);
  // Pods need one, and a bare API server makes none.
  await bench.put({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace },
  });
  await storage.volume("data", {
    labels: { app: "web" },
    annotations: { "helm.sh/resource-policy": "keep" },
  });
});

afterAll(() => bench?.close());

async function make(
  kind: { apiVersion: string; kind: string },
  name: string,
  body: object,
): Promise<void> {
  const metadata = { name, namespace };
  await bench.api.create<KubeObject>({ ...kind, metadata, ...body }, PERSON);
}

const ref = (kind: { apiVersion: string; kind: string }, name: string) => ({
  ...kind,
  namespace,
  name,
});
const read = (kind: { apiVersion: string; kind: string }, name: string) =>
  bench.api.get<KubeObject>(ref(kind, name));

interface Started {
  readonly course: EngineCourse;
  readonly writes: readonly string[];
  readonly uid: string;
}

function start(
  spec: Omit<OperationSpec, "targetRef">,
  options: { readonly uid?: string; readonly now?: () => number } = {},
): Started {
  uids += 1;
  const { uid = `uid-${process.pid}-${uids}`, now } = options;
  const { api, writes } = interruptedApi(bench.engineApi);
  const course = new EngineCourse(new SnapshotEngine({ api }), {
    api,
    namespace,
    uid,
    spec,
    ...(now && { now }),
  });
  return { course, writes, uid };
}

/** Engine and controllers in turn, until there is an end. */
async function untilOver(course: EngineCourse): Promise<EngineVerdict> {
  for (let looks = 0; looks < 20; looks += 1) {
    const verdict = await course.settle();
    if (verdict.state !== "working") return verdict;
    await storage.look();
  }
  throw new Error("There is no end.");
}

async function untilEnded(course: EngineCourse): Promise<string> {
  for (let looks = 0; looks < 20; looks += 1) {
    const end = await course.end();
    if (end.state === "ended") return end.message ?? "";
    await storage.look();
  }
  throw new Error("There is no end.");
}

describe("A snapshot of a volume", () => {
  it("is made once, and its facts are told", async () => {
    const { course, writes, uid } = start(BACKUP);
    const name = engineObjectName(uid);
    expect(await course.settle()).toMatchObject({
      state: "working",
      message: `VolumeSnapshot ${name} is being made`,
    });
    expect(await read(VOLUME_SNAPSHOT, name)).toMatchObject({
      metadata: { labels: { "ops.vworkspace.io/operation": uid } },
      spec: {
        source: { persistentVolumeClaimName: "data" },
        volumeSnapshotClassName: "csi",
      },
    });
    await storage.snapshotIsReady(name);
    expect(await course.settle()).toMatchObject({
      state: "succeeded",
      reason: "VolumeSnapshotReadyToUse",
    });
    expect(course.outputs).toEqual({
      volumeSnapshotName: name,
      volumeSnapshotContentName: `content-${name}`,
      restoreSize: "2Gi",
    });
    expect(writes).toEqual([`create VolumeSnapshot ${name}`]);
    expect(await untilEnded(course)).toContain("stays");
    expect(await read(VOLUME_SNAPSHOT, name)).toBeDefined();
  });

  it("that a killed agent made is found, and not made again", async () => {
    const { uid, course } = start(BACKUP);
    await course.pass();
    const again = start(BACKUP, { uid });
    await storage.snapshotIsReady(engineObjectName(uid));
    expect((await again.course.settle()).state).toBe("succeeded");
    expect(again.writes).toEqual([]);
  });

  it("fails once an error has stood for five minutes, and not for one that passes", async () => {
    let now = Date.now();
    const { course, uid } = start(BACKUP, { now: () => now });
    const name = engineObjectName(uid);
    const error = { message: "driver is busy" };
    await course.settle();
    await storage.snapshotIs(name, { error });
    expect(await course.settle()).toMatchObject({
      state: "working",
      message: `VolumeSnapshot ${name}: driver is busy; it is tried again`,
    });
    now += 290_000;
    await storage.snapshotIs(name, { readyToUse: false });
    await course.settle();
    await storage.snapshotIs(name, { error });
    now += 20_000;
    expect((await course.settle()).state).toBe("working");
    now += 300_000;
    expect(await course.settle()).toMatchObject({
      state: "failed",
      reason: "VolumeSnapshotFailed",
      message: `VolumeSnapshot ${name}: driver is busy`,
    });
  });

  it("that was seen and is gone is not made again", async () => {
    const { course, writes, uid } = start(BACKUP);
    await course.settle();
    await bench.api.delete(ref(VOLUME_SNAPSHOT, engineObjectName(uid)));
    expect(await course.settle()).toMatchObject({
      state: "failed",
      reason: "EngineFailed",
      message: `VolumeSnapshot ${engineObjectName(uid)} is gone`,
    });
    expect(writes).toHaveLength(1);
  });

  it("under our name that somebody else made is left alone", async () => {
    const { course, writes, uid } = start(BACKUP);
    const source = { persistentVolumeClaimName: "data" };
    await make(VOLUME_SNAPSHOT, engineObjectName(uid), { spec: { source } });
    const verdict = await course.settle();
    expect(verdict).toMatchObject({ state: "failed", reason: "EngineFailed" });
    expect(verdict.message).toContain("somebody else's");
    expect(await course.end()).toEqual({ state: "ended" });
    expect(writes).toEqual([]);
  });

  it("that is not ready is taken back when it is cancelled", async () => {
    const { course, writes, uid } = start(BACKUP);
    await course.settle();
    await untilEnded(course);
    const name = engineObjectName(uid);
    expect(await read(VOLUME_SNAPSHOT, name)).toBe(undefined);
    expect(writes.at(-1)).toBe(`delete VolumeSnapshot ${name}`);
  });
});

describe("A restore in place", () => {
  beforeEach(async () => {
    await make(HELM_RELEASE, "web", {
      spec: {
        interval: "10m",
        suspend: false,
        chartRef: { kind: "OCIRepository", name: "web" },
      },
    });
    await storage.deployment("web", "data", 3);
    await storage.deployment("worker", "data", 0);
    await make(VOLUME_SNAPSHOT, "before", {
      spec: { source: { persistentVolumeClaimName: "data" } },
    });
    await storage.snapshotIsReady("before");
  });

  const WRITES = [
    "patch HelmRelease web",
    "patch Deployment web",
    "delete PersistentVolumeClaim data",
    "create PersistentVolumeClaim data",
    "patch Deployment web",
    "patch HelmRelease web",
  ];

  async function state() {
    const [claim, web, worker, release] = await Promise.all([
      read(VOLUME_CLAIM, "data"),
      read(DEPLOYMENT, "web"),
      read(DEPLOYMENT, "worker"),
      read(HELM_RELEASE, "web"),
    ]);
    const source = (claim?.["spec"] as { dataSource?: { name: string } })
      ?.dataSource?.name;
    const replicas = [web, worker].map(
      (object) => (object?.["spec"] as { replicas?: number }).replicas,
    );
    const { suspend } = release?.["spec"] as { suspend?: boolean };
    const held = [web, worker, release].filter(
      (object) =>
        object?.metadata.annotations?.["ops.vworkspace.io/held-by"] !==
        undefined,
    );
    return { source, replicas, suspend, held: held.length };
  }

  const RESTORED = {
    source: "before",
    replicas: [3, 0],
    suspend: false,
    held: 0,
  };
  const UNTOUCHED = { ...RESTORED, source: undefined };

  it("replaces the volume by what the snapshot holds, and has everything run again", async () => {
    const { course, writes, uid } = start(RESTORE);
    const old = await read(VOLUME_CLAIM, "data");
    expect(await untilOver(course)).toMatchObject({
      state: "succeeded",
      reason: "EngineCompleted",
    });
    expect(writes).toEqual(WRITES);
    expect(await state()).toEqual(RESTORED);
    const claim = await read(VOLUME_CLAIM, "data");
    expect(claim?.metadata.uid).not.toBe(old?.metadata.uid);
    expect(claim).toMatchObject({
      metadata: {
        labels: { app: "web", "ops.vworkspace.io/operation": uid },
        annotations: { "helm.sh/resource-policy": "keep" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "fast",
        resources: { requests: { storage: "2Gi" } },
      },
    });
    expect(await untilEnded(course)).not.toBe("");
    expect(writes).toEqual(WRITES);
  });

  it.each(WRITES.map((write, index) => [index + 1, write] as const))(
    "ends the same when the agent is killed after write %i, %s",
    async (killedAt) => {
      const uid = `uid-killed-${process.pid}-${killedAt}`;
      const kill = { at: killedAt, amongWrites: true } as const;
      const cut = interruptedApi(bench.engineApi, kill);
      const first = new EngineCourse(new SnapshotEngine(cut), {
        api: cut.api,
        namespace,
        uid,
        spec: RESTORE,
      });
      await expect(untilOver(first)).rejects.toThrow(Killed);
      const { course, writes } = start(RESTORE, { uid });
      course.outputs = first.outputs;
      expect((await untilOver(course)).state).toBe("succeeded");
      expect([...cut.writes, ...writes]).toEqual(WRITES);
      expect(await state()).toEqual(RESTORED);
    },
    60_000,
  );

  it.each([1, 2])(
    "is given up after write %i with everything as it was",
    async (count) => {
      const { course, writes } = start(RESTORE);
      while (writes.length < count) await course.pass();
      expect(await untilEnded(course)).toContain("was not replaced");
      expect(await state()).toEqual(UNTOUCHED);
    },
    60_000,
  );

  it.each([3, 4, 5])(
    "goes on to its end when it is cancelled after write %i",
    async (count) => {
      const { course, writes } = start(RESTORE);
      while (writes.length < count) {
        await course.pass();
        await storage.look();
      }
      expect(await untilEnded(course)).toContain("goes on to its end");
      expect(await state()).toEqual(RESTORED);
      expect(writes).toEqual(WRITES);
    },
    60_000,
  );

  it("waits for pods, and says which", async () => {
    const { course } = start(RESTORE);
    storage.course = { doPodsStay: true };
    await course.settle();
    await storage.look();
    expect((await course.settle()).message).toBe(
      "3 of 6: waiting until no pod uses data any more: web-0",
    );
    storage.course = {};
    await storage.look();
    expect((await untilOver(course)).state).toBe("succeeded");
  });

  it("waits for a volume that is slow, and starts nothing before", async () => {
    const { course, writes } = start(RESTORE);
    storage.course = { isSlow: true };
    for (let looks = 0; looks < 5; looks += 1) {
      await course.settle();
      await storage.look();
    }
    expect((await course.settle()).message).toContain("5 of 6: waiting until");
    await storage.complainsOf("data", "rpc error: pool is full");
    expect((await course.settle()).message).toContain(
      "rpc error: pool is full",
    );
    expect(writes).toEqual(WRITES.slice(0, 4));
    storage.course = {};
    await storage.look();
    expect((await untilOver(course)).state).toBe("succeeded");
  });

  it("starts the application before the volume is there where its first pod has it made", async () => {
    const name = `late-${namespace}`;
    await bench.api.create<KubeObject>(
      {
        ...STORAGE_CLASS,
        metadata: { name },
        provisioner: "csi.example.com",
        volumeBindingMode: "WaitForFirstConsumer",
      },
      PERSON,
    );
    const parameters: JsonObject = {
      ...RESTORE.parameters,
      storageClassName: name,
    };
    const { course, writes } = start({ ...RESTORE, parameters });
    storage.course = { isSlow: true };
    for (let looks = 0; looks < 5; looks += 1) {
      await course.settle();
      await storage.look();
    }
    expect((await course.settle()).message).toContain(
      "waiting until a pod has PersistentVolumeClaim data bound",
    );
    expect(writes).toEqual(WRITES);
    storage.course = {};
    await storage.look();
    expect((await untilOver(course)).state).toBe("succeeded");
    await bench.api.delete({ ...STORAGE_CLASS, name });
  });

  it("whose snapshot goes before the volume does puts everything back and fails", async () => {
    const { course, writes } = start(RESTORE);
    while (writes.length < 2) await course.pass();
    await bench.api.delete(ref(VOLUME_SNAPSHOT, "before"));
    expect(await untilOver(course)).toMatchObject({
      state: "failed",
      reason: "PreconditionFailed",
      message: "There is no VolumeSnapshot before",
    });
    expect(await state()).toEqual(UNTOUCHED);
  });

  it("does not make a restored volume again that somebody deleted", async () => {
    const { course, writes } = start(RESTORE);
    storage.course = { isSlow: true };
    for (let looks = 0; looks < 5; looks += 1) {
      await course.settle();
      await storage.look();
    }
    await bench.api.delete(ref(VOLUME_CLAIM, "data"));
    await storage.look();
    const verdict = await course.settle();
    expect(verdict).toMatchObject({ state: "failed", reason: "EngineFailed" });
    expect(verdict.message).toContain("HelmRelease web, Deployment web");
    expect(writes).toEqual(WRITES.slice(0, 4));
  });

  it("of a volume that a StatefulSet made stops that, and starts it again", async () => {
    await storage.volume("data-db-0");
    await storage.statefulSet("db", "data", 2);
    await make(VOLUME_SNAPSHOT, "of-db", {
      spec: { source: { persistentVolumeClaimName: "data-db-0" } },
    });
    await storage.snapshotIsReady("of-db");
    const parameters = { pvc: "data-db-0", snapshotName: "of-db" };
    const { course, writes } = start({ ...RESTORE, parameters });
    expect((await untilOver(course)).state).toBe("succeeded");
    expect(writes).toEqual([
      "patch HelmRelease web",
      "patch StatefulSet db",
      "delete PersistentVolumeClaim data-db-0",
      "create PersistentVolumeClaim data-db-0",
      "patch StatefulSet db",
      "patch HelmRelease web",
    ]);
    expect(await read(STATEFUL_SET, "db")).toMatchObject({
      spec: { replicas: 2 },
    });
    expect(await state()).toEqual(UNTOUCHED);
  });

  it("touches nothing when the snapshot is of another volume, or not ready", async () => {
    await make(VOLUME_SNAPSHOT, "other", {
      spec: { source: { persistentVolumeClaimName: "logs" } },
    });
    await make(VOLUME_SNAPSHOT, "unready", {
      spec: { source: { persistentVolumeClaimName: "data" } },
    });
    for (const [snapshotName, words] of [
      ["other", "is of the PersistentVolumeClaim logs, not of data"],
      ["unready", "is not ready to use"],
    ]) {
      const parameters = { pvc: "data", snapshotName };
      const { course, writes } = start({
        ...RESTORE,
        parameters: parameters as JsonObject,
      });
      const verdict = await course.settle();
      expect(verdict).toMatchObject({
        state: "failed",
        reason: "PreconditionFailed",
      });
      expect(verdict.message).toContain(words);
      expect(writes).toEqual([]);
    }
    expect(await state()).toEqual(UNTOUCHED);
  });
});
