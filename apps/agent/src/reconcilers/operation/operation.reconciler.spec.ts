import { KubeError } from "@vworkspace/kube";
import { ANNOTATIONS, FINALIZERS, type Operation } from "@vworkspace/resources";
import { OperationBench } from "../../testing/operation-bench";

const CHART = {
  sourceType: "oci",
  url: "oci://charts.example.com",
  name: "web",
  version: "1.2.3",
};

const creates = (bench: OperationBench) =>
  bench.api.writes.filter((write) => write.startsWith("create Work"));

describe("An operation", () => {
  it("is marked before its engine makes anything, shows progress, and ends", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    expect(bench.api.writes).toEqual([
      "status Operation shop/tidy",
      "patch Operation shop/tidy",
      "patch Operation shop/tidy",
      "status Operation shop/tidy",
      expect.stringMatching(/^create Work shop\/op-/),
      "status Operation shop/tidy",
    ]);
    expect(bench.conditions("tidy")).toEqual({
      Accepted: "True AdmissionPassed",
      Running: "True EngineStarted",
      Succeeded: "False NotYetSucceeded",
    });
    bench.work("tidy", { progress: 40 });
    await bench.run();
    const running = bench
      .operation("tidy")
      ?.status?.conditions?.find(({ type }) => type === "Running");
    expect(running?.message).toBe("at work: 40 %");
  });

  it("that ends says when, what came of it, and tells the control plane", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    await bench.clock.advance(5_000);
    bench.work("tidy", { state: "done" });
    await bench.run();
    const { status = {}, metadata } = bench.operation("tidy") as Operation;
    expect(status).toMatchObject({
      phase: "Succeeded",
      outputs: { workName: expect.stringMatching(/^op-/) as string },
    });
    const took =
      Date.parse(status.finishedAt ?? "") - Date.parse(status.startedAt ?? "");
    expect(took).toBe(5_000);
    expect(metadata.finalizers).toEqual([]);
    expect(bench.events.at(-1)?.detail).toEqual({
      operation: {
        phase: "Succeeded",
        outputs: status.outputs,
        startedAt: status.startedAt,
        finishedAt: status.finishedAt,
      },
    });
    const told = bench.events.flatMap(({ conditions = [] }) =>
      conditions.map(({ type, reason }) => `${type} ${reason}`),
    );
    expect(told).toEqual(
      expect.arrayContaining([
        "Running EngineStarted",
        "Succeeded EngineCompleted",
      ]),
    );
  });

  it("that succeeded with something amiss is Degraded too", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    bench.work("tidy", { state: "half" });
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({
      Succeeded: "True EngineCompleted",
      Degraded: "True VeleroBackupPartiallyFailed",
    });
  });

  it("writes nothing more once it has ended, whatever becomes of its work", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    bench.work("tidy", { state: "broken" });
    await bench.run();
    expect(bench.phase("tidy")).toBe("Failed");
    const { writes } = bench.api;
    const before = writes.length;
    bench.work("tidy", { state: "done" });
    await bench.run();
    expect(writes).toHaveLength(before);
  });

  it("whose work vanishes fails, and makes none anew", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    for (const [key, object] of bench.api.objects)
      if (object.kind === "Work") bench.api.objects.delete(key);
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({
      Failed: "True EngineFailed",
    });
    expect(creates(bench)).toHaveLength(1);
  });

  it("that asks for a backup begins by itself when one has succeeded, and not when one has failed", async () => {
    const bench = new OperationBench();
    bench.putTarget({ chart: CHART });
    bench.putOperation("up", {
      type: "Upgrade",
      engine: "helm",
      parameters: {
        targetVersion: "1.3.0",
        requireBackup: { maxAgeSeconds: 3600 },
      },
    });
    const blocked = { Blocked: "True BackupRequired" };
    await bench.run();
    expect(bench.conditions("up")).toMatchObject(blocked);
    for (const state of ["broken", "half", "done"]) {
      expect(bench.conditions("up")).toMatchObject(blocked);
      bench.putOperation(state, { type: "Backup" });
      await bench.run();
      bench.work(state, { state });
      await bench.run();
    }
    expect(bench.conditions("up")).toMatchObject({
      Blocked: "False Unblocked",
      Running: "True EngineStarted",
    });
  });

  it("waits for its own windows and for those of its target, but not with a backup", async () => {
    const bench = new OperationBench();
    const never = [{ cron: "0 0 29 2 *", durationMinutes: 1, set: "a" }];
    const always = [{ cron: "* * * * *", durationMinutes: 60, set: "a" }];
    const own = { policy: { maintenanceWindows: never } };
    bench.putTarget({ policy: { maintenanceWindows: always } });
    bench.putOperation("tidy", own);
    bench.putOperation("backup", { type: "Backup", ...own });
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({
      Blocked: "True OutsideMaintenanceWindow",
    });
    expect(bench.phase("backup")).toBe("Running");
    bench.putTarget({ policy: { maintenanceWindows: never } });
    bench.change("tidy", { policy: { maintenanceWindows: always } });
    await bench.run();
    expect(bench.phase("tidy")).toBe("Pending");
    bench.putTarget({ policy: { maintenanceWindows: always } });
    await bench.run();
    expect(bench.phase("tidy")).toBe("Running");
  });

  it("cancelled before it begins makes nothing", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy", { cancel: true });
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({
      Cancelled: "True UserCancelled",
    });
    expect(creates(bench)).toEqual([]);
  });

  it("cancelled at work stops it, and has ended when nothing of it is left", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    const { finalizers } = bench.operation("tidy")?.metadata ?? {};
    expect(finalizers).toEqual([FINALIZERS.operation]);
    bench.work("tidy", { metadata: withFinalizer(bench) });
    bench.change("tidy", { cancel: true });
    await bench.run();
    expect(bench.phase("tidy")).toBe("Running");
    releaseWork(bench);
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({
      Cancelled: "True UserCancelled",
      Running: "False EngineEnded",
    });
  });

  it("deleted at work stops it first, and then goes", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    bench.work("tidy", { metadata: withFinalizer(bench) });
    await bench.delete("tidy");
    await bench.run();
    expect(bench.operation("tidy")).toBeDefined();
    releaseWork(bench);
    await bench.run();
    expect(bench.operation("tidy")).toBeUndefined();
    expect(bench.objects("Work")).toEqual([]);
  });

  it("that takes too long is stopped and has failed", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy", { policy: { timeoutSeconds: 60 } });
    await bench.run();
    await bench.clock.advance(61_000);
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({ Failed: "True Timeout" });
    expect(bench.objects("Work")).toEqual([]);
  });

  it("of a backup that was restored never runs, and neither does one that a person copied", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    await bench.run();
    bench.work("tidy", { state: "done" });
    await bench.run();
    const { annotations } = bench.operation("tidy")?.metadata ?? {};
    bench.api.objects.clear();
    bench.putTarget();
    // As Velero brings it back: no status, another uid, its annotations.
    bench.putOperation("tidy", {}, { annotations: { ...annotations } });
    await bench.run();
    expect(bench.conditions("tidy")).toMatchObject({
      Cancelled: "True RestoredCopy",
    });
    expect(bench.objects("Work")).toEqual([]);
  });

  it("is begun by one of two agents only, though both find that it may begin", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    let isFirst = true;
    bench.api.beforeWrite = (write) => {
      const { metadata } = bench.operation("tidy") ?? {};
      if (!isFirst || metadata?.finalizers === undefined) return;
      if (!write.startsWith("patch Operation")) return;
      isFirst = false;
      // The other one was faster.
      bench.api.put({
        ...(bench.operation("tidy") as never as { metadata: object }),
        metadata: {
          ...metadata,
          annotations: { [ANNOTATIONS.startedUid]: metadata.uid ?? "" },
        },
      } as never);
    };
    await expect(bench.run()).rejects.toBeInstanceOf(KubeError);
    await bench.run();
    expect(creates(bench)).toHaveLength(1);
  });

  it("and another that can't be beside it run one after the other, the older first", async () => {
    const bench = new OperationBench();
    bench.putOperation("second", { policy: { exclusive: true } }, later(2));
    bench.putOperation("first", { policy: { exclusive: true } }, later(1));
    await bench.run();
    expect(bench.phase("first")).toBe("Running");
    expect(bench.conditions("second")).toMatchObject({
      Blocked: "True ConflictingOperation",
    });
    bench.work("first", { state: "done" });
    await bench.run();
    expect(bench.conditions("second")).toMatchObject({
      Blocked: "False Unblocked",
      Running: "True EngineStarted",
    });
  });

  it("fails where the API server calls what its engine makes invalid, and is not stuck", async () => {
    const bench = new OperationBench();
    bench.putOperation("tidy");
    bench.api.beforeWrite = (write) => {
      if (write.startsWith("create Work"))
        throw new KubeError("spec.schedule is none", {
          status: 422,
          reason: "Invalid",
        });
    };
    await bench.run();
    const failed = bench
      .operation("tidy")
      ?.status?.conditions?.find(({ type }) => type === "Failed");
    expect(failed).toMatchObject({ status: "True", reason: "EngineFailed" });
    expect(failed?.message).toContain("spec.schedule is none");
    expect(bench.operation("tidy")?.metadata.finalizers).toEqual([]);
  });

  it("leaves the same behind wherever its agent is killed, and makes nothing twice", async () => {
    const undisturbed = await course(new OperationBench());
    const calls = undisturbed.api.writes.length;
    expect(calls).toBeGreaterThan(6);
    for (let cut = 0; cut < calls; cut += 1)
      for (const isWritten of [false, true]) {
        const bench = new OperationBench();
        killAt(bench, cut, isWritten);
        const after = await course(bench);
        expect(after.conditions("tidy")).toEqual(
          undisturbed.conditions("tidy"),
        );
        expect(creates(after)).toHaveLength(1);
        expect(after.objects("Work")).toHaveLength(1);
      }
  });
});

/** From creation to success; an agent that dies is started again. */
async function course(bench: OperationBench): Promise<OperationBench> {
  bench.putOperation("tidy");
  await survive(bench);
  bench.work("tidy", { state: "done" });
  await survive(bench);
  expect(bench.phase("tidy")).toBe("Succeeded");
  return bench;
}

async function survive(bench: OperationBench): Promise<void> {
  for (let lives = 0; lives < 5; lives += 1) {
    try {
      await bench.run();
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.message !== "killed") throw error;
      bench.restart();
    }
  }
}

/** @param isWritten whether the call has had its effect when the agent dies */
function killAt(bench: OperationBench, cut: number, isWritten: boolean): void {
  const { api } = bench;
  for (const verb of ["create", "patch", "patchStatus"] as const) {
    const call = api[verb].bind(api) as (
      ...given: unknown[]
    ) => Promise<unknown>;
    Object.assign(api, {
      [verb]: async (...given: unknown[]) => {
        const isCut = api.writes.length === cut && !hasCut.done;
        if (isCut) hasCut.done = true;
        if (isCut && !isWritten) throw new Error("killed");
        const answer = await call(...given);
        if (isCut) throw new Error("killed");
        return answer;
      },
    });
  }
  const hasCut = { done: false };
}

function withFinalizer(bench: OperationBench) {
  const [work] = bench.objects("Work");
  return { ...work?.metadata, finalizers: ["test/controller"] };
}

/** Its controller lets go. */
function releaseWork(bench: OperationBench): void {
  for (const [key, object] of bench.api.objects)
    if (object.kind === "Work") bench.api.objects.delete(key);
}

function later(minutes: number) {
  return {
    creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString(),
  };
}
