import type { ObjectRef } from "@vworkspace/kube";
import type { JsonObject, OperationType } from "@vworkspace/resources";
import { EngineBench } from "../../testing/engine-bench";
import { volsyncDefinitions } from "../../testing/volsync-definitions";
import { VolsyncScript } from "../../testing/volsync-script";
import { REPLICATION_DESTINATION, REPLICATION_SOURCE } from "./volsync-objects";
import { VolsyncEngine } from "./volsync.engine";

let bench: EngineBench;
let volsync: VolsyncScript;
let namespace: string;

beforeAll(async () => {
  bench = await EngineBench.open(volsyncDefinitions());
  volsync = new VolsyncScript(bench.api);
  namespace = await bench.namespace("shop");
}, 600_000);

afterAll(() => bench?.close());

function course(type: OperationType, parameters: JsonObject = {}) {
  const repository = { secretName: "restic", type: "restic" };
  const all = { pvc: "data", repository, ...parameters };
  const made = bench.course(
    (reads) => new VolsyncEngine(reads),
    { namespace },
    { type, engine: "volsync", parameters: all },
  );
  const kind = type === "Backup" ? REPLICATION_SOURCE : REPLICATION_DESTINATION;
  const ref: ObjectRef = { ...kind, namespace, name: made.name };
  return { ...made, ref };
}

const said = (words: string) => expect.stringContaining(words) as string;

describe("A copy by VolSync", () => {
  it.each<[OperationType, JsonObject]>([
    ["Backup", { retain: { hourly: 1, daily: 7 }, copyMethod: "Clone" }],
    [
      "Restore",
      {
        repository: {
          secretName: "rclone",
          type: "rclone",
          configSection: "s3",
          path: "bucket/web",
        },
      },
    ],
    [
      "Migration",
      {
        direction: "destination",
        repository: { secretName: "psk", type: "rsyncTLS" },
      },
    ],
  ])("of a %s with %j is taken", async (type, parameters) => {
    const { course: copy, created, name, ref } = course(type, parameters);
    await copy.settle();
    const made = await bench.api.get(ref);
    const tried = await bench.api.apply(
      {
        apiVersion: ref.apiVersion,
        kind: ref.kind,
        metadata: { name: `${name}-tried`, namespace },
        spec: made?.["spec"],
      },
      { fieldManager: "tried", dryRun: true },
    );
    expect(tried["spec"]).toEqual(made?.["spec"]);
    expect(created).toEqual([`${ref.kind} ${name}`]);
  });

  it("that takes its time says so, then succeeds and leaves nothing of VolSync behind", async () => {
    const { course: copy, created, name, ref, uid } = course("Backup");
    await copy.pass();
    await volsync.says(ref, {
      conditions: [
        {
          type: "Synchronizing",
          status: "True",
          reason: "SyncInProgress",
          message: "Synchronization in-progress",
        },
      ],
    });
    expect(await copy.pass()).toMatchObject({
      state: "working",
      reason: "VolSyncSynchronizing",
      message: said("Synchronization in-progress"),
    });
    await volsync.says(ref, {
      lastManualSync: uid,
      lastSyncTime: "2026-01-01T00:00:00Z",
      lastSyncDuration: "28.8s",
    });
    expect(await copy.settle()).toMatchObject({
      state: "succeeded",
      reason: "VolSyncLastSyncSucceeded",
    });
    expect(copy.outputs).toEqual({
      replicationName: name,
      lastSyncTime: "2026-01-01T00:00:00Z",
      lastSyncDuration: "28.8s",
      result: "Succeeded",
    });
    expect(await bench.api.get(ref)).toBe(undefined);
    expect(created).toEqual([`ReplicationSource ${name}`]);
  });

  it("that failed is tried no more, and shows the end of the log", async () => {
    const { course: copy, created, ref } = course("Restore");
    await copy.settle();
    const logs = "opened\nFatal: wrong password or no key found";
    await volsync.says(ref, { latestMoverStatus: { result: "Failed", logs } });
    expect(await copy.settle()).toMatchObject({
      state: "failed",
      reason: "EngineFailed",
      message: said("Fatal: wrong password or no key found"),
    });
    expect(await bench.api.get(ref)).toBe(undefined);
    expect(created).toHaveLength(1);
  });

  it("that vanished has failed, and is made no second time", async () => {
    const { course: copy, created, ref } = course("Backup");
    await copy.settle();
    await bench.api.delete(ref);
    expect(await copy.settle()).toMatchObject({
      state: "failed",
      message: said("is gone"),
    });
    expect(created).toHaveLength(1);
  });

  it("goes on after an agent that was killed when it had made it, and leaves alone what isn't its own", async () => {
    const { course: copy, created, ref, uid } = course("Backup");
    await copy.pass();
    copy.outputs = {};
    await volsync.says(ref, { lastManualSync: uid });
    expect(await copy.settle()).toMatchObject({ state: "succeeded" });
    expect(created).toHaveLength(1);

    const foreign = course("Backup");
    const { apiVersion, kind, name } = foreign.ref;
    await bench.create({ apiVersion, kind, metadata: { name, namespace } });
    expect(await foreign.course.settle()).toMatchObject({
      state: "failed",
      message: said("somebody else's"),
    });
    expect(await foreign.course.end()).toMatchObject({ state: "ended" });
    expect(await bench.api.get(foreign.ref)).toBeDefined();
  });

  it("by a schedule tells each sync until it is cancelled", async () => {
    const schedule = "0 3 * * *";
    const { course: copy, created, ref } = course("Backup", { schedule });
    await copy.settle();
    for (const lastSyncTime of [
      "2026-01-01T03:00:00Z",
      "2026-01-02T03:00:00Z",
    ]) {
      await volsync.says(ref, { lastSyncTime });
      expect(await copy.settle()).toMatchObject({
        state: "working",
        message: said(`last sync ${lastSyncTime}`),
      });
      expect(copy.outputs).toMatchObject({ lastSyncTime });
    }
    expect(await copy.end()).toMatchObject({ state: "ended" });
    expect(await bench.api.get(ref)).toBe(undefined);
    expect(created).toHaveLength(1);
  });

  it("into a volume is deleted when it is cancelled, and says what may be left", async () => {
    const { course: copy, ref } = course("Restore");
    await copy.settle();
    expect(await copy.end()).toMatchObject({
      state: "ended",
      message: said("may hold a part"),
    });
    expect(await bench.api.get(ref)).toBe(undefined);
  });

  it("that was never begun has nothing to end", async () => {
    const { course: copy, created } = course("Backup");
    expect(await copy.end()).toMatchObject({ state: "ended" });
    expect(created).toEqual([]);
  });
});
