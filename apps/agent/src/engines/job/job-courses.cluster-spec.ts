import { newId } from "@vworkspace/kernel";
import { refOf } from "@vworkspace/kube";
import { LABELS } from "@vworkspace/resources";
import { EngineCourse } from "../../testing/engine-course";
import { JobBench } from "../../testing/job-bench";
import { endedPod, waitingPod } from "../../testing/job-play";
import { coverage } from "../../testing/permission-use";
import type { EngineVerdict } from "../engine";
import { engineObjectName } from "../engine-objects";
import { JOB } from "../job-run/job-run";
import { JobEngine } from "./job.engine";
import { JOB_PERMISSIONS } from "./job.permissions";

let bench: JobBench;
let engine: JobEngine;
let uid: string;

beforeAll(async () => {
  bench = await JobBench.open();
  engine = new JobEngine(bench.reads, { readLogs: true });
}, 1_200_000);

afterAll(() => bench?.close());

beforeEach(async () => {
  uid = newId();
  await bench.enterNamespace();
});

const start = (parameters: object = {}): EngineCourse =>
  new EngineCourse(engine, {
    api: bench.reads.api,
    namespace: bench.namespace,
    uid,
    spec: {
      engine: "job",
      type: "RunCommand",
      parameters: { image: "tools:1", ...parameters },
    },
  });

/** The one Job of the operation, which stays the same object. */
async function theJob() {
  const job = await bench.jobOf(uid);
  if (job === undefined) throw new Error("There is no Job.");
  return job;
}

const failure = (verdict: EngineVerdict) =>
  `${verdict.state} ${verdict.reason}`;

describe("A job of an operation", () => {
  it("runs within the restricted profile, and succeeds", async () => {
    const course = start({ env: [{ name: "A", value: "1" }] });
    expect(await course.pass()).toMatchObject({ action: { do: "create" } });
    const { metadata } = await theJob();
    await bench.jobs.playPod(uid, { phase: "Running" });
    await bench.until("one pod is at work", async () =>
      (await course.pass()).message.includes("1 pod at work"),
    );
    await bench.jobs.playPod(uid, endedPod("main", 0));
    expect(await bench.outcome(course)).toMatchObject({
      state: "succeeded",
      reason: "JobSucceeded",
      outputs: { jobName: engineObjectName(uid), exitCode: 0 },
    });
    expect((await theJob()).metadata.uid).toBe(metadata.uid);
  });

  it("is slow, and says what it waits for", async () => {
    const course = start();
    await course.settle();
    await bench.jobs.playPod(uid, waitingPod("main", "ImagePullBackOff"));
    const { message } = await course.pass();
    expect(message).toContain("ImagePullBackOff: Back-off pulling image");
  });

  it("fails with its exit code and its last lines, without secrets", async () => {
    await bench.put({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db", namespace: bench.namespace },
      data: { password: Buffer.from("hunter2").toString("base64") },
    });
    bench.logs.write("main", "logged in with hunter2\nno such table");
    const secretRef = { name: "db", key: "password" };
    const course = start({ env: [{ name: "PASSWORD", secretRef }] });
    await course.settle();
    await bench.jobs.playPod(uid, endedPod("main", 3));
    const verdict = await bench.outcome(course);
    expect(failure(verdict)).toBe("failed JobFailedBackoffExceeded");
    expect(verdict.message).toContain("ended with exit code 3 (Error)");
    expect(verdict.message).toContain("logged in with ***\nno such table");
    expect(JSON.stringify(verdict)).not.toContain("hunter2");
    expect(verdict.outputs).toMatchObject({ exitCode: 3 });
    expect(verdict.logsRef?.kind).toBe("Pod");
  });

  it("takes too long", async () => {
    const course = start({ activeDeadlineSeconds: 1 });
    await course.settle();
    // Its pod never begins: whether it is there still when somebody looks is a matter of a second.
    expect(failure(await bench.outcome(course))).toBe(
      "failed JobActiveDeadlineExceeded",
    );
  });

  it("vanishes, and is not made again", async () => {
    const course = start();
    await course.settle();
    await bench.api.delete(refOf(await theJob()), {
      propagationPolicy: "Background",
    });
    const verdict = await bench.outcome(course);
    expect(failure(verdict)).toBe("failed EngineFailed");
    expect(verdict.message).toContain("is gone");
    expect(await bench.jobOf(uid)).toBe(undefined);
  });

  it("is found by an agent that was killed when it had made it", async () => {
    await start().settle();
    const { metadata } = await theJob();
    const course = start();
    expect(course.outputs).toEqual({});
    await bench.jobs.playPod(uid, endedPod("main", 0));
    expect(failure(await bench.outcome(course))).toBe("succeeded JobSucceeded");
    expect((await theJob()).metadata.uid).toBe(metadata.uid);
  });

  it("stays the first one's where two agents make it at once", async () => {
    const [one, two] = [start(), start()];
    await Promise.all([one.settle(), two.settle()]);
    await bench.jobs.playPod(uid, endedPod("main", 0));
    expect(failure(await bench.outcome(one))).toBe("succeeded JobSucceeded");
    expect(await bench.outcome(two)).toEqual(await bench.outcome(one));
  });

  it("is cancelled: nothing of it runs when it has ended", async () => {
    const course = start();
    await course.settle();
    await bench.jobs.playPod(uid, { phase: "Running" });
    await bench.until(
      "it has ended",
      async () => (await course.end()).state === "ended",
    );
    expect(await bench.jobOf(uid)).toBe(undefined);
    expect(await bench.jobs.podsOf(uid)).toEqual([]);
    expect(await course.end()).toEqual({ state: "ended" });
  });

  it("is cancelled before it was made", async () => {
    expect(await start().end()).toEqual({ state: "ended" });
  });

  it("leaves somebody else's Job of its name alone", async () => {
    const [name, { namespace }] = [engineObjectName(uid), bench];
    const course = start();
    const container = { name: "other", image: "other:1" };
    const pod = { restartPolicy: "Never", containers: [container] };
    await bench.put({
      ...JOB,
      metadata: { name, namespace },
      spec: { template: { spec: pod } },
    });
    const { metadata } = await theJob();
    const verdict = await course.settle();
    expect(failure(verdict)).toBe("failed EngineFailed");
    expect(verdict.message).toContain(`Job ${name} is somebody else's`);
    expect((await course.end()).state).toBe("ended");
    expect((await theJob()).metadata.uid).toBe(metadata.uid);
  });
});

describe("The account of a job", () => {
  it("is missing, and the operation says what helps", async () => {
    await bench.enterNamespace([]);
    const verdict = await start().settle();
    expect(failure(verdict)).toBe("failed PreconditionFailed");
    expect(verdict.message).toContain("kubectl create serviceaccount");
    expect(await bench.jobOf(uid)).toBe(undefined);
  });

  it("is another one only where a person has labelled it", async () => {
    await bench.putAccount("mighty");
    const verdict = await start({ serviceAccountName: "mighty" }).settle();
    expect(failure(verdict)).toBe("failed PreconditionFailed");
    expect(await bench.jobOf(uid)).toBe(undefined);
    await bench.putAccount("mighty", {
      [LABELS.operationServiceAccount]: "true",
    });
    const course = start({ serviceAccountName: "mighty" });
    await course.settle();
    expect((await theJob()).spec.template.spec.serviceAccountName).toBe(
      "mighty",
    );
    await bench.jobs.playPod(uid, endedPod("main", 0));
    expect(failure(await bench.outcome(course))).toBe("succeeded JobSucceeded");
  });
});

describe("The rights of the engine job", () => {
  it("are those that it used, and no others", () => {
    expect(coverage(JOB_PERMISSIONS, bench.uses)).toEqual({
      undeclared: [],
      unused: [],
    });
    expect(engine.kinds()).toEqual([JOB]);
  });
});
