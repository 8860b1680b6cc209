import type {
  DeleteOptions,
  Kind,
  KubeObject,
  ListOptions,
  ObjectRef,
  WriteOptions,
} from "@vworkspace/kube";
import type { OperationSpec } from "@vworkspace/resources";
import { EngineCourse } from "../testing/engine-course";
import { helmReleaseSecret, jobHook } from "../testing/helm-release-secret";
import { KeptPodLogs } from "../testing/kept-pod-logs";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import type { Engine, EngineReads } from "./engine";
import { HelmHookJobEngine } from "./helm-hook-job/helm-hook-job.engine";
import { JobEngine } from "./job/job.engine";
import { JOB } from "./job-run/job-run";
import { WorkflowEngine } from "./workflow/workflow.engine";
import { WORKFLOW, WORKFLOW_TEMPLATE } from "./workflow/workflow";

const namespace = "shop";
const uid = "0f1e";

class Killed extends Error {}

/** An API server whose client is killed once: before its n-th call, or after it, when its answer is on the way. */
class DeadlyApi extends MemoryKubeApi {
  calls = 0;

  constructor(
    private readonly fatal: number,
    private readonly isAfter: boolean,
  ) {
    super();
  }

  override get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    return this.counted(() => super.get<T>(ref));
  }

  override list<T extends KubeObject>(
    kind: Kind,
    options?: ListOptions,
  ): Promise<T[]> {
    return this.counted(() => super.list<T>(kind, options));
  }

  override create<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T> {
    return this.counted(() => super.create(object, options));
  }

  override patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: unknown,
    options: WriteOptions,
  ): Promise<T> {
    return this.counted(() => super.patch<T>(ref, patch, options));
  }

  override delete(ref: ObjectRef, options?: DeleteOptions): Promise<void> {
    return this.counted(() => super.delete(ref, options));
  }

  private async counted<T>(call: () => Promise<T>): Promise<T> {
    const isFatal = this.calls++ === this.fatal;
    if (isFatal && !this.isAfter) throw new Killed();
    const answer = await call();
    if (isFatal) throw new Killed();
    return answer;
  }
}

interface Case {
  readonly spec: Omit<OperationSpec, "targetRef">;
  readonly kind: Kind;
  /** The status of what the engine made, when it has succeeded. */
  readonly success: object;
  readonly make: (reads: EngineReads) => Engine;
}

const COMPLETE = { conditions: [{ type: "Complete", status: "True" }] };
const CASES: readonly Case[] = [
  {
    spec: {
      engine: "job",
      type: "RunCommand",
      parameters: { image: "tools:1" },
    },
    kind: JOB,
    success: COMPLETE,
    make: (reads) => new JobEngine(reads, { readLogs: true }),
  },
  {
    spec: {
      engine: "helmHookJob",
      type: "Migration",
      parameters: { hookName: "migrate" },
    },
    kind: JOB,
    success: COMPLETE,
    make: (reads) => new HelmHookJobEngine(reads, { readLogs: true }),
  },
  {
    spec: {
      engine: "workflow",
      type: "Runbook",
      parameters: { template: "tidy" },
    },
    kind: WORKFLOW,
    success: { phase: "Succeeded" },
    make: (reads) => new WorkflowEngine(reads),
  },
];

function prepare(api: MemoryKubeApi): void {
  for (const name of ["vworkspace-operation-runner", "default"])
    api.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    });
  api.put({
    ...WORKFLOW_TEMPLATE,
    metadata: { name: "tidy", namespace },
    spec: {},
  });
  const hooks = [jobHook("migrate")];
  api.put(helmReleaseSecret({ namespace, revision: 1, hooks }));
}

interface Course {
  /** One pass of an agent; undefined while there is more to be done. */
  readonly pass: (course: EngineCourse) => Promise<unknown>;
  /** What the controller does between passes with what the engine made. */
  readonly controller: (made: KubeObject) => object | undefined;
}

/** Agents that follow one another, until one brings the work to its end. */
async function inTurn(
  { spec, kind, make }: Case,
  api: MemoryKubeApi,
  { pass, controller }: Course,
): Promise<unknown> {
  const start = () =>
    new EngineCourse(make({ api, logs: new KeptPodLogs() }), {
      api,
      namespace,
      uid,
      spec,
      now: () => 0,
    });
  let course = start();
  for (let passes = 0; passes < 20; passes += 1) {
    try {
      const done = await pass(course);
      if (done !== undefined) return done;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      const { outputs } = course;
      course = start();
      course.outputs = outputs;
    }
    const made = api.objects.get(`${kind.kind} ${namespace}/op-${uid}`);
    const status = made && controller(made);
    if (made && status) api.put({ ...made, status });
  }
  throw new Error("It comes to no end.");
}

/** To an outcome: the controller does what it is there for. */
function toItsOutcome({ success }: Case): Course {
  return {
    pass: async (course) => {
      const verdict = await course.pass();
      return verdict.state === "working" ? undefined : verdict;
    },
    controller: ({ status }) => (status === undefined ? success : undefined),
  };
}

/** To an end by cancellation: a workflow's controller does as it is told. */
const TO_ITS_END: Course = {
  pass: async (course) => {
    const end = await course.end();
    return end.state === "ended" ? end.state : undefined;
  },
  controller: ({ spec }) =>
    (spec as { shutdown?: string }).shutdown === "Terminate"
      ? { phase: "Failed" }
      : undefined,
};

/** Calls that come before a cancellation are survived. */
const BEFORE = 100;
const KILLS = Array.from({ length: 24 }, (_, fatal) => fatal);

describe.each(CASES)("Agents of the engine $spec.engine", (one) => {
  const made = `${one.kind.kind} ${namespace}/op-${uid}`;

  async function undisturbed(): Promise<unknown> {
    const api = new DeadlyApi(-1, false);
    prepare(api);
    const outcome = await inTurn(one, api, toItsOutcome(one));
    // More kills than calls, or the table below would miss the last ones.
    expect(api.calls).toBeLessThan(KILLS.length);
    return withoutUid(outcome);
  }

  it.each(KILLS)(
    "killed at call %d come to the same outcome, and make nothing twice",
    async (fatal) => {
      for (const isAfter of [false, true]) {
        const api = new DeadlyApi(fatal, isAfter);
        prepare(api);
        const outcome = await inTurn(one, api, toItsOutcome(one));
        expect(withoutUid(outcome)).toEqual(await undisturbed());
        expect(api.writes).toEqual([`create ${made}`]);
      }
    },
  );

  it.each(KILLS)(
    "killed at call %d of a cancellation take the work back once",
    async (fatal) => {
      for (const isAfter of [false, true]) {
        const api = new DeadlyApi(fatal + BEFORE, isAfter);
        prepare(api);
        const begin: Course = {
          pass: (course) => course.pass(),
          controller: () => undefined,
        };
        await inTurn(one, api, begin);
        api.calls = BEFORE;
        expect(await inTurn(one, api, TO_ITS_END)).toBe("ended");
        const takenBack = one.kind === WORKFLOW ? "patch" : "delete";
        expect(api.writes).toEqual([`create ${made}`, `${takenBack} ${made}`]);
      }
    },
  );
});

/** The uid of a workflow is the cluster's to choose. */
function withoutUid(outcome: unknown): unknown {
  return JSON.parse(
    JSON.stringify(outcome, (key, value: unknown) =>
      key === "runId" ? "a uid" : value,
    ),
  );
}
