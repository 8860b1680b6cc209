import type { JsonObject, OperationType } from "@vworkspace/resources";
import { sampleRun } from "../../testing/sample-run";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import type { EngineEnd, EngineVerdict } from "../engine";
import {
  REPLICATION_DESTINATION,
  REPLICATION_SOURCE,
  type Replication,
} from "./volsync-objects";
import { VolsyncEngine } from "./volsync.engine";
import type { VolsyncSeen } from "./volsync.observe";

const engine = new VolsyncEngine({ api: new MemoryKubeApi() });
const OURS = { "ops.vworkspace.io/operation": "u1" };
const restic = { secretName: "restic", type: "restic" };
const ref = { ...REPLICATION_SOURCE, namespace: "shop", name: "op-u1" };
const none: VolsyncSeen = { ref, isServed: true };
const unserved: VolsyncSeen = { ref, isServed: false };

interface Course {
  readonly type?: OperationType;
  readonly outputs?: JsonObject;
}

function run(
  parameters: JsonObject = {},
  { type = "Backup", outputs = {} }: Course = {},
) {
  const all = { pvc: "data", repository: restic, ...parameters };
  const spec = { type, engine: "volsync", parameters: all } as const;
  return sampleRun(engine, spec, { outputs });
}

function seen(status?: Replication["status"], metadata = {}): VolsyncSeen {
  const object = {
    ...REPLICATION_SOURCE,
    metadata: { name: "op-u1", namespace: "shop", labels: OURS, ...metadata },
    ...(status && { status }),
  };
  return { ref, isServed: true, object };
}

function actionOf(verdict: EngineVerdict | EngineEnd): string | undefined {
  return "action" in verdict ? verdict.action?.do : undefined;
}

describe("What VolSync is given", () => {
  it.each<[string, OperationType, JsonObject, object, object]>([
    [
      "a backup with restic",
      "Backup",
      { retain: { daily: 7 } },
      REPLICATION_SOURCE,
      {
        sourcePVC: "data",
        trigger: { manual: "u1" },
        restic: {
          repository: "restic",
          copyMethod: "Snapshot",
          retain: { daily: 7 },
        },
      },
    ],
    [
      "a scheduled backup with rclone",
      "Backup",
      {
        schedule: "0 3 * * *",
        copyMethod: "Clone",
        repository: {
          secretName: "rclone",
          type: "rclone",
          configSection: "s3",
          path: "bucket/web",
        },
      },
      REPLICATION_SOURCE,
      {
        sourcePVC: "data",
        trigger: { schedule: "0 3 * * *" },
        rclone: {
          rcloneConfig: "rclone",
          rcloneConfigSection: "s3",
          rcloneDestPath: "bucket/web",
          copyMethod: "Clone",
        },
      },
    ],
    [
      "a restore with restic",
      "Restore",
      {},
      REPLICATION_DESTINATION,
      {
        trigger: { manual: "u1" },
        restic: {
          repository: "restic",
          copyMethod: "Direct",
          destinationPVC: "data",
        },
      },
    ],
    [
      "a migration that reads",
      "Migration",
      {
        direction: "source",
        repository: {
          secretName: "psk",
          type: "rsyncTLS",
          address: "10.0.0.9",
        },
      },
      REPLICATION_SOURCE,
      {
        sourcePVC: "data",
        trigger: { manual: "u1" },
        rsyncTLS: {
          keySecret: "psk",
          address: "10.0.0.9",
          copyMethod: "Snapshot",
        },
      },
    ],
    [
      "a migration that writes",
      "Migration",
      {
        direction: "destination",
        repository: { secretName: "psk", type: "rsyncTLS" },
      },
      REPLICATION_DESTINATION,
      {
        trigger: { manual: "u1" },
        rsyncTLS: {
          keySecret: "psk",
          copyMethod: "Direct",
          destinationPVC: "data",
        },
      },
    ],
  ])("for %s is what it documents", (...row) => {
    const [, type, parameters, kind, spec] = row;
    const given = run(parameters, { type });
    expect(engine.problems(given)).toEqual([]);
    expect(engine.kinds(given)).toEqual([kind]);
    const verdict = engine.decide(given, none);
    expect(verdict).toMatchObject({
      state: "working",
      reason: "VolSyncSynchronizing",
      action: {
        do: "create",
        object: {
          ...kind,
          metadata: { name: "op-u1", namespace: "shop", labels: OURS },
        },
      },
    });
    if (verdict.state === "working" && verdict.action?.do === "create")
      expect(verdict.action.object["spec"]).toEqual(spec);
  });

  it("is of a Secret that has to be there", () => {
    expect(engine.secrets(run().parameters)).toEqual(["restic"]);
  });
});

describe("A copy by VolSync", () => {
  const failed = { result: "Failed", logs: "start\n\nFatal: no route\n" };
  const once = { replicationName: "op-u1" };
  it.each<[string, VolsyncSeen, JsonObject, string]>([
    [
      "that VolSync has not looked at waits",
      seen(),
      {},
      "working: ReplicationSource shop/op-u1: waits for VolSync",
    ],
    [
      "under way says so in VolSync's words",
      seen({
        conditions: [
          { type: "Synchronizing", status: "True", message: "in progress" },
        ],
      }),
      {},
      "working: ReplicationSource shop/op-u1: in progress",
    ],
    [
      "of another mark goes on",
      seen({ lastManualSync: "u0" }),
      {},
      "working: ",
    ],
    [
      "that is done is tidied away",
      seen({ lastManualSync: "u1" }),
      {},
      "working delete: The copy is over",
    ],
    [
      "that failed is tidied away",
      seen({ latestMoverStatus: failed }),
      {},
      "working delete: The copy is over",
    ],
    [
      "that was told as failed stays so, whatever VolSync does since",
      seen({ lastManualSync: "u1" }),
      { ...once, result: "Failed" },
      "working delete: The copy is over",
    ],
    [
      "that is being deleted is awaited",
      seen(
        { lastManualSync: "u1" },
        { deletionTimestamp: "2026-01-01T00:00:00Z" },
      ),
      { ...once, result: "Succeeded" },
      "working: ReplicationSource shop/op-u1 is being deleted",
    ],
    [
      "that is done and tidied away has succeeded",
      none,
      { ...once, result: "Succeeded", lastSyncTime: "2026-01-01T00:00:00Z" },
      "succeeded: PersistentVolumeClaim shop/data was copied at 2026-01-01T00:00:00Z",
    ],
    [
      "that failed and is tidied away has failed in the log's words",
      none,
      { ...once, result: "Failed", lastLog: "Fatal: no route" },
      "failed: VolSync could not copy PersistentVolumeClaim shop/data: Fatal: no route",
    ],
    [
      "that failed without a log has failed",
      none,
      { ...once, result: "Failed" },
      "failed: VolSync could not copy PersistentVolumeClaim shop/data: VolSync gives no log",
    ],
    [
      "that is gone has failed, and is made no second time",
      none,
      once,
      "failed: ReplicationSource shop/op-u1 is gone",
    ],
    [
      "of somebody else is left alone",
      seen({}, { labels: {} }),
      {},
      "failed: ReplicationSource shop/op-u1 is somebody else's",
    ],
    [
      "whose kind isn't served waits",
      unserved,
      once,
      "working: ReplicationSource shop/op-u1 can't be read",
    ],
  ])("%s", (_title, work, outputs, expected) => {
    const verdict = engine.decide(run({}, { outputs }), work);
    const action = actionOf(verdict);
    const state = action ? `${verdict.state} ${action}` : verdict.state;
    expect(`${state}: ${verdict.message}`).toContain(expected);
  });

  it("that was told as failed is never told as anything else", () => {
    const outputs = { ...once, result: "Failed" };
    const work = seen({ lastManualSync: "u1" });
    expect(engine.decide(run({}, { outputs }), work).outputs).toEqual(once);
  });

  it("tells its result before its object goes", () => {
    const status = {
      lastManualSync: "u1",
      lastSyncTime: "2026-01-01T00:00:00Z",
      lastSyncDuration: "3.5s",
      latestImage: { kind: "PersistentVolumeClaim", name: "data" },
      rsyncTLS: { address: "10.0.0.9" },
    };
    expect(engine.decide(run(), seen(status)).outputs).toEqual({
      replicationName: "op-u1",
      lastSyncTime: "2026-01-01T00:00:00Z",
      lastSyncDuration: "3.5s",
      latestImage: "PersistentVolumeClaim data",
      address: "10.0.0.9",
      result: "Succeeded",
    });
  });

  it("shows the end of a failed mover's log, cut, and without the password of an address", () => {
    const logs = `${"x".repeat(900)}\nFatal: https://me:hidden@host/ says no`;
    const { outputs } = engine.decide(
      run(),
      seen({ latestMoverStatus: { result: "Failed", logs } }),
    );
    const lastLog = outputs?.["lastLog"] as string;
    expect(outputs).toMatchObject({ result: "Failed" });
    expect(lastLog).toContain("https://***@host/ says no");
    expect(lastLog.length).toBeLessThan(502);
  });

  it("into a volume says that a part of it may be there", () => {
    const outputs = { ...once, result: "Failed" };
    const restore = run({}, { type: "Restore", outputs });
    expect(engine.decide(restore, none).message).toContain("a part of it");
    expect(engine.end(restore, none).message).toContain("a part of it");
  });

  it.each<[string, Replication["status"], string]>([
    ["that never ran", {}, "no sync yet, waits for VolSync"],
    [
      "that ran",
      {
        lastSyncTime: "2026-01-01T00:00:00Z",
        nextSyncTime: "2026-01-02T00:00:00Z",
        latestMoverStatus: { result: "Successful" },
        conditions: [
          { type: "Synchronizing", status: "False", message: "waiting" },
        ],
      },
      "last sync 2026-01-01T00:00:00Z, next 2026-01-02T00:00:00Z, waiting",
    ],
    [
      "that failed",
      { latestMoverStatus: failed },
      "the latest try failed: start Fatal: no route",
    ],
  ])(
    "by a schedule %s goes on until it is cancelled",
    (_title, status, words) => {
      const verdict = engine.decide(
        run({ schedule: "0 3 * * *" }),
        seen(status),
      );
      expect(verdict).toMatchObject({
        state: "working",
        reason: "VolSyncSynchronizing",
        message: expect.stringContaining(words) as string,
      });
      expect(actionOf(verdict)).toBe(undefined);
    },
  );
});

describe("A copy by VolSync that has to end", () => {
  it.each<[string, VolsyncSeen, JsonObject, string]>([
    ["was never made", none, {}, "ended: VolSync had not been given anything"],
    [
      "is gone",
      none,
      { replicationName: "op-u1" },
      "ended: ReplicationSource shop/op-u1 is gone",
    ],
    [
      "went with its kind",
      unserved,
      {},
      "ended: ReplicationSource shop/op-u1 went with",
    ],
    ["is somebody else's", seen({}, { labels: {} }), {}, "ended: "],
    ["is there", seen(), {}, "ending delete: "],
    [
      "is being deleted",
      seen({}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      {},
      "ending: ",
    ],
  ])("when it %s", (_when, work, outputs, expected) => {
    const end = engine.end(run({}, { outputs }), work);
    const action = actionOf(end);
    const state = action ? `${end.state} ${action}` : end.state;
    expect(`${state}: ${end.message}`).toContain(expected);
  });
});

describe("Parameters that VolSync can't do are refused by field", () => {
  const rclone = { secretName: "rclone", type: "rclone" };
  const psk = { secretName: "psk", type: "rsyncTLS" };
  it.each<[OperationType, JsonObject, string[]]>([
    ["Backup", { direction: "destination" }, ["direction"]],
    ["Restore", { direction: "source" }, ["direction"]],
    ["Restore", { copyMethod: "Snapshot" }, ["copyMethod"]],
    ["Restore", { copyMethod: "Direct" }, []],
    ["Restore", { retain: { daily: 1 } }, ["retain"]],
    [
      "Backup",
      { repository: rclone },
      ["repository.configSection", "repository.path"],
    ],
    ["Backup", { repository: psk }, ["repository.address"]],
    [
      "Restore",
      { repository: { ...psk, address: "a" } },
      ["repository.address"],
    ],
    ["Backup", { repository: { ...restic, path: "a" } }, ["repository.path"]],
    [
      "Backup",
      { retain: { daily: 1 }, repository: { ...psk, address: "a" } },
      ["retain"],
    ],
  ])("of a %s with %j", (type, parameters, fields) => {
    const problems = engine.problems(run(parameters, { type }));
    expect(problems.map(({ field }) => field)).toEqual(
      fields.map((field) => `spec.parameters.${field}`),
    );
  });
});
