import { RUN_NOW } from "../../testing/engine-run";
import {
  OURS,
  GOING,
  backup,
  claim,
  snapshot,
  READY,
  workload,
  seen,
  outcomeOf,
} from "../../testing/snapshot-worlds";
import type { EngineRun } from "../engine";
import {
  decideSnapshot,
  endSnapshot,
  snapshotProblems,
} from "./snapshot.decide";
import type { SnapshotSeen } from "./snapshot.observe";

describe("A snapshot of a volume", () => {
  const known = { volumeSnapshotName: "op-u-op" };
  const error = { message: "busy" };
  const minutesAgo = (minutes: number) =>
    new Date(RUN_NOW - minutes * 60_000).toISOString();

  it.each<[string, EngineRun, SnapshotSeen, string, string]>([
    [
      "is created where there is none",
      backup(),
      seen({ claim: claim() }),
      "working EngineStarted create",
      "VolumeSnapshot op-u-op of data is created",
    ],
    [
      "can't be made of a volume that isn't there",
      backup(),
      seen(),
      "failed PreconditionFailed",
      "There is no PersistentVolumeClaim data",
    ],
    [
      "can't be made of another instance's volume",
      backup(),
      seen({
        claim: claim({ labels: { "helm.toolkit.fluxcd.io/name": "shop" } }),
      }),
      "failed PreconditionFailed",
      "belongs to the release shop, not to web",
    ],
    [
      "can't be made of a volume that another instance's set uses",
      backup(),
      seen({
        claim: claim(),
        workloads: [
          workload({ labels: { "helm.toolkit.fluxcd.io/name": "shop" } }),
        ],
      }),
      "failed PreconditionFailed",
      "Deployment web belongs to the release shop",
    ],
    [
      "that was seen and is gone is not made again",
      backup({ outputs: known }),
      seen({ claim: claim() }),
      "failed EngineFailed",
      "VolumeSnapshot op-u-op is gone",
    ],
    [
      "without our label is somebody else's",
      backup(),
      seen({ snapshot: snapshot({}, {}) }),
      "failed EngineFailed",
      "is somebody else's",
    ],
    [
      "that somebody deletes is given up",
      backup(),
      seen({ snapshot: snapshot({}, { ...OURS, ...GOING }) }),
      "failed EngineFailed",
      "is being deleted by somebody",
    ],
    [
      "is waited for",
      backup(),
      seen({ snapshot: snapshot() }),
      "working EngineStarted",
      "is being made",
    ],
    [
      "is done when it can be used",
      backup(),
      seen({ snapshot: READY }),
      "succeeded VolumeSnapshotReadyToUse",
      "is ready to use",
    ],
    [
      "with a new error is tried again",
      backup(),
      seen({ snapshot: snapshot({ error }) }),
      "working EngineStarted",
      "busy; it is tried again",
    ],
    [
      "with an error of long ago in the outputs failed, though its time is new",
      backup({ outputs: { errorSince: minutesAgo(5) } }),
      seen({
        snapshot: snapshot({ error: { ...error, time: minutesAgo(1) } }),
      }),
      "failed VolumeSnapshotFailed",
      "busy",
    ],
    [
      "with an error that stands in its status for long failed, though nobody looked",
      backup(),
      seen({
        snapshot: snapshot({ error: { ...error, time: minutesAgo(6) } }),
      }),
      "failed VolumeSnapshotFailed",
      "busy",
    ],
  ])("%s", (_title, run, world, ...[outcome, words]) => {
    expect(outcomeOf(run, world)).toEqual([
      outcome,
      expect.stringContaining(words),
    ]);
  });

  it("forgets an error that passed", () => {
    const run = backup({ outputs: { errorSince: minutesAgo(4) } });
    const { outputs } = decideSnapshot(run, seen({ snapshot: snapshot() }));
    expect(outputs).toMatchObject({ errorSince: null });
  });

  it("cuts a driver's long words", () => {
    const error = { message: "x".repeat(5000) };
    const { message } = decideSnapshot(
      backup(),
      seen({ snapshot: snapshot({ error }) }),
    );
    expect(message.length).toBeLessThan(1200);
  });

  it.each<[string, SnapshotSeen, string]>([
    ["nothing where there is nothing", seen(), "ended"],
    [
      "nothing of somebody else's",
      seen({ snapshot: snapshot({}, {}) }),
      "ended",
    ],
    ["nothing of what can be used", seen({ snapshot: READY }), "ended stays"],
    [
      "what is not ready",
      seen({ snapshot: snapshot() }),
      "ending is deleted delete",
    ],
    [
      "nothing twice",
      seen({ snapshot: snapshot({}, { ...OURS, ...GOING }) }),
      "ending is deleted",
    ],
  ])("takes back %s", (_title, world, words) => {
    const end = endSnapshot(backup(), world);
    const action = end.state === "ending" ? end.action?.do : undefined;
    const [state = "", ...rest] = words.split(" ");
    const said = rest.filter((word) => word !== "delete").join(" ");
    expect(end.state).toBe(state);
    expect(end.message ?? "").toContain(said);
    expect(action).toBe(words.endsWith(" delete") ? "delete" : undefined);
  });

  it("is refused with quiesce, since no instance declares commands for it", () => {
    const quiet = (enabled: boolean) =>
      snapshotProblems(
        backup({ parameters: { pvc: "data", quiesce: { enabled } } }),
      );
    expect(quiet(false)).toEqual([]);
    expect(quiet(true)).toEqual([
      expect.objectContaining({ field: "spec.parameters.quiesce.enabled" }),
    ]);
  });
});
