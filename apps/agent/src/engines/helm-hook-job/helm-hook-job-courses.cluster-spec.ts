import { newId } from "@vworkspace/kernel";
import { refOf } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { EngineCourse } from "../../testing/engine-course";
import {
  helmReleaseSecret,
  jobHook,
  type ReleasedHook,
} from "../../testing/helm-release-secret";
import { JobBench } from "../../testing/job-bench";
import { endedPod, waitingPod } from "../../testing/job-play";
import { coverage } from "../../testing/permission-use";
import type { EngineVerdict } from "../engine";
import { engineObjectName } from "../engine-objects";
import { HelmHookJobEngine } from "./helm-hook-job.engine";
import { HELM_HOOK_JOB_PERMISSIONS } from "./helm-hook-job.permissions";

let bench: JobBench;
let engine: HelmHookJobEngine;
let uid: string;

/** As the restricted profile of the test's namespace wants it; the engine leaves the chart's pod as it is. */
const SECURITY = `          securityContext:
            runAsNonRoot: true
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            seccompProfile: {type: RuntimeDefault}
`;
const MIGRATE = jobHook("migrate", SECURITY);
const SECRET = `          envFrom: [{secretRef: {name: db}}]\n`;

beforeAll(async () => {
  bench = await JobBench.open();
  engine = new HelmHookJobEngine(bench.reads, { readLogs: true });
}, 1_200_000);

afterAll(() => bench?.close());

beforeEach(async () => {
  uid = newId();
  await bench.enterNamespace();
});

async function released(...hooks: ReleasedHook[]): Promise<void> {
  const { namespace } = bench;
  await bench.put(helmReleaseSecret({ namespace, revision: 1, hooks }));
}

function start(parameters: object = {}): EngineCourse {
  const { namespace } = bench;
  return new EngineCourse(engine, {
    api: bench.reads.api,
    namespace,
    uid,
    spec: {
      engine: "helmHookJob",
      type: "Migration",
      parameters: { hookName: "migrate", backoffLimit: 0, ...parameters },
    },
    target: {
      ...APPLICATION_INSTANCE,
      metadata: { name: "web", namespace },
      spec: {
        appRef: { catalogId: "web" },
        release: { name: "web", namespace },
      },
    },
  });
}

const said = (verdict: EngineVerdict) => `${verdict.state} ${verdict.reason}`;

describe("The hook of a released chart", () => {
  it("runs as a Job of the operation, and succeeds", async () => {
    await released(jobHook("seed"), MIGRATE);
    const course = start();
    await course.settle();
    const job = await bench.jobOf(uid);
    expect(job?.metadata.annotations ?? {}).toEqual({});
    expect(job?.spec.template.spec.containers).toMatchObject([
      { name: "migrate", image: "web:1", args: ["--all"] },
    ]);
    expect(job?.spec["backoffLimit"]).toBe(0);
    await bench.jobs.playPod(uid, waitingPod("migrate", "ErrImagePull"));
    expect((await course.pass()).message).toContain("ErrImagePull");
    await bench.jobs.playPod(uid, endedPod("migrate", 0));
    expect(await bench.outcome(course)).toMatchObject({
      state: "succeeded",
      reason: "HelmHookJobSucceeded",
      outputs: { jobName: engineObjectName(uid), exitCode: 0 },
    });
    expect((await bench.jobOf(uid))?.metadata.uid).toBe(job?.metadata.uid);
  });

  it("fails with its exit code and its last lines, without secrets", async () => {
    await bench.put({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db", namespace: bench.namespace },
      data: { password: Buffer.from("hunter2").toString("base64") },
    });
    bench.logs.write("migrate", "hunter2 was refused");
    await released(jobHook("migrate", SECURITY + SECRET));
    const course = start();
    await course.settle();
    await bench.jobs.playPod(uid, endedPod("migrate", 7));
    const verdict = await bench.outcome(course);
    expect(said(verdict)).toBe("failed JobFailedBackoffExceeded");
    expect(verdict.message).toContain("exit code 7");
    expect(verdict.message).toContain("*** was refused");
  });

  it("takes too long", async () => {
    await released(MIGRATE);
    const course = start({ activeDeadlineSeconds: 1 });
    await course.settle();
    expect(said(await bench.outcome(course))).toBe(
      "failed JobActiveDeadlineExceeded",
    );
  });

  it("is not there, and those that are are named", async () => {
    await released(jobHook("seed"));
    const verdict = await start().settle();
    expect(said(verdict)).toBe("failed HookNotFound");
    expect(verdict.message).toContain("there is seed");
  });

  it("belongs to no release that is deployed", async () => {
    const verdict = await start().settle();
    expect(said(verdict)).toBe("failed EngineFailed");
    expect(verdict.message).toContain("has no deployed revision");
  });

  it("wants an account that is not there", async () => {
    const account = "      serviceAccountName: migrator\n";
    await released(jobHook("migrate", SECURITY + account));
    const verdict = await start().settle();
    expect(said(verdict)).toBe("failed PreconditionFailed");
    expect(verdict.message).toContain("service account migrator");
    expect(await bench.jobOf(uid)).toBe(undefined);
  });

  it("vanishes, and is not run again", async () => {
    await released(MIGRATE);
    const course = start();
    const job = await bench.until("the Job is seen", async () => {
      await course.settle();
      return bench.jobOf(uid);
    });
    await bench.api.delete(refOf(job), { propagationPolicy: "Background" });
    const verdict = await bench.outcome(course);
    expect(said(verdict)).toBe("failed EngineFailed");
    expect(verdict.message).toContain("is gone");
    expect(await bench.jobOf(uid)).toBe(undefined);
  });

  it("is found by an agent that was killed when it had made it, whatever became of the release", async () => {
    await released(MIGRATE);
    await start().settle();
    const job = await bench.jobOf(uid);
    await released(jobHook("seed"));
    const course = start();
    await bench.jobs.playPod(uid, endedPod("migrate", 0));
    expect(said(await bench.outcome(course))).toBe(
      "succeeded HelmHookJobSucceeded",
    );
    expect((await bench.jobOf(uid))?.metadata.uid).toBe(job?.metadata.uid);
  });

  it("is cancelled: nothing of it runs when it has ended", async () => {
    await released(MIGRATE);
    const course = start();
    await course.settle();
    await bench.jobs.playPod(uid, { phase: "Running" });
    await bench.until(
      "it has ended",
      async () => (await course.end()).state === "ended",
    );
    expect(await bench.jobOf(uid)).toBe(undefined);
    expect(await bench.jobs.podsOf(uid)).toEqual([]);
  });
});

describe("The rights of the engine helmHookJob", () => {
  it("are those that it used, and no others", () => {
    expect(coverage(HELM_HOOK_JOB_PERMISSIONS, bench.uses)).toEqual({
      undeclared: [],
      unused: [],
    });
  });
});
