import type { KubeObject } from "@vworkspace/kube";
import type { OperationSpec } from "@vworkspace/resources";
import { EngineCourse } from "../testing/engine-course";
import { helmReleaseSecret, jobHook } from "../testing/helm-release-secret";
import { interruptedApi, type Kill, Killed } from "../testing/interrupted-api";
import { KeptPodLogs } from "../testing/kept-pod-logs";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import type { Engine, EngineReads } from "./engine";
import { HelmHookJobEngine } from "./helm-hook-job/helm-hook-job.engine";
import { JobEngine } from "./job/job.engine";
import { VeleroEngine } from "./velero/velero.engine";
import { VolsyncEngine } from "./volsync/volsync.engine";
import { WORKFLOW_TEMPLATE } from "./workflow/workflow";
import { WorkflowEngine } from "./workflow/workflow.engine";

const namespace = "shop";

interface Course {
  readonly spec: Omit<OperationSpec, "targetRef">;
  /** What the controller says of an object of the engine's between two passes; undefined: nothing more. */
  readonly controller: (made: KubeObject) => object | undefined;
  /** Whether the operation is cancelled when its object is there. */
  readonly isCancelled?: true;
  readonly ends: string;
  /** The writes of an agent that nothing happens to, `verb Kind`. */
  readonly writes: readonly string[];
}

const ENGINES: Readonly<Record<string, (reads: EngineReads) => Engine>> = {
  velero: (reads) => new VeleroEngine(reads),
  volsync: (reads) => new VolsyncEngine(reads),
  job: (reads) => new JobEngine(reads, { readLogs: true }),
  helmHookJob: (reads) => new HelmHookJobEngine(reads, { readLogs: true }),
  workflow: (reads) => new WorkflowEngine(reads),
};

const veleroBackup = { type: "Backup", engine: "velero" } as const;
const volsyncBackup = {
  type: "Backup",
  engine: "volsync",
  parameters: {
    pvc: "data",
    repository: { secretName: "restic", type: "restic" },
  },
} as const;
const command = {
  type: "RunCommand",
  engine: "job",
  parameters: { image: "tools:1" },
} as const;
const hook = {
  type: "Migration",
  engine: "helmHookJob",
  parameters: { hookName: "migrate" },
} as const;
const runbook = {
  type: "Runbook",
  engine: "workflow",
  parameters: { template: "tidy" },
} as const;

const once =
  (status: object) =>
  (made: KubeObject): object | undefined =>
    made["status"] === undefined ? status : undefined;
const JOB_IS_DONE = once({
  conditions: [{ type: "Complete", status: "True" }],
});
const AS_IT_IS_TOLD = ({ spec }: KubeObject) =>
  (spec as { shutdown?: string }).shutdown === "Terminate"
    ? { phase: "Failed" }
    : undefined;
const NOTHING = () => undefined;

const COURSES: readonly (readonly [string, Course])[] = [
  [
    "a backup by Velero that completes",
    {
      spec: veleroBackup,
      controller: once({ phase: "Completed" }),
      ends: "succeeded VeleroBackupCompleted",
      writes: ["create Backup"],
    },
  ],
  [
    "a backup by Velero that is cancelled under way",
    {
      spec: veleroBackup,
      controller: once({ phase: "Completed" }),
      isCancelled: true,
      ends: "ended",
      writes: ["create Backup", "create DeleteBackupRequest"],
    },
  ],
  [
    "a restore by Velero that fails",
    {
      spec: {
        type: "Restore",
        engine: "velero",
        parameters: { backupName: "b1" },
      },
      controller: once({ phase: "Failed" }),
      ends: "failed VeleroRestoreFailed",
      writes: ["create Restore"],
    },
  ],
  [
    "a copy by VolSync that is done",
    {
      spec: volsyncBackup,
      controller: once({ lastManualSync: "u1" }),
      ends: "succeeded VolSyncLastSyncSucceeded",
      writes: ["create ReplicationSource", "delete ReplicationSource"],
    },
  ],
  [
    "a copy by VolSync that fails",
    {
      spec: volsyncBackup,
      controller: once({ latestMoverStatus: { result: "Failed" } }),
      ends: "failed EngineFailed",
      writes: ["create ReplicationSource", "delete ReplicationSource"],
    },
  ],
  [
    "a copy by VolSync that is cancelled",
    {
      spec: volsyncBackup,
      controller: once({}),
      isCancelled: true,
      ends: "ended",
      writes: ["create ReplicationSource", "delete ReplicationSource"],
    },
  ],
  [
    "a command that succeeds",
    {
      spec: command,
      controller: JOB_IS_DONE,
      ends: "succeeded JobSucceeded",
      writes: ["create Job"],
    },
  ],
  [
    "a command that is cancelled",
    {
      spec: command,
      controller: NOTHING,
      isCancelled: true,
      ends: "ended",
      writes: ["create Job", "delete Job"],
    },
  ],
  [
    "a hook that succeeds",
    {
      spec: hook,
      controller: JOB_IS_DONE,
      ends: "succeeded HelmHookJobSucceeded",
      writes: ["create Job"],
    },
  ],
  [
    "a hook that is cancelled",
    {
      spec: hook,
      controller: NOTHING,
      isCancelled: true,
      ends: "ended",
      writes: ["create Job", "delete Job"],
    },
  ],
  [
    "a workflow that succeeds",
    {
      spec: runbook,
      controller: once({ phase: "Succeeded" }),
      ends: "succeeded WorkflowSucceeded",
      writes: ["create Workflow"],
    },
  ],
  [
    "a workflow that is cancelled",
    {
      spec: runbook,
      controller: AS_IT_IS_TOLD,
      isCancelled: true,
      ends: "ended",
      writes: ["create Workflow", "patch Workflow"],
    },
  ],
];

/** What the operations of all courses want to find. */
function prepare(memory: MemoryKubeApi): void {
  memory.put({
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name: "b1", namespace: "velero" },
    spec: { includedNamespaces: [namespace] },
    status: { phase: "Completed" },
  });
  for (const name of ["vworkspace-operation-runner", "default"])
    memory.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    });
  const metadata = { name: "tidy", namespace };
  memory.put({ ...WORKFLOW_TEMPLATE, metadata, spec: {} });
  const hooks = [jobHook("migrate")];
  memory.put(helmReleaseSecret({ namespace, revision: 1, hooks }));
}

function controllersWork(memory: MemoryKubeApi, course: Course): void {
  for (const object of [...memory.objects.values()]) {
    if (!object.metadata.name.startsWith("op-u1")) continue;
    const status = course.controller(object);
    if (object.kind === "DeleteBackupRequest") memory.objects.clear();
    else if (status !== undefined) memory.put({ ...object, status });
  }
}

/** One operation from its start to its end, by an agent that is killed at one call and started again. */
async function undergone(course: Course, kill: Kill) {
  const memory = new MemoryKubeApi();
  prepare(memory);
  const { api, calls, writes } = interruptedApi(memory, kill);
  const makeEngine = ENGINES[course.spec.engine ?? ""];
  if (makeEngine === undefined) throw new Error("There is no such engine.");
  let outputs: EngineCourse["outputs"] = {};
  for (let passes = 0; passes < 30; passes += 1) {
    const agent = new EngineCourse(
      makeEngine({ api, logs: new KeptPodLogs() }),
      { api, namespace, uid: "u1", spec: course.spec, now: () => 0 },
    );
    agent.outputs = outputs;
    const isMade = writes.length > 0;
    try {
      const said = await (course.isCancelled && isMade
        ? agent.end()
        : agent.pass());
      if (said.state !== "working" && said.state !== "ending")
        return { said: withoutUid(said), writes, calls: calls() };
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    outputs = agent.outputs;
    controllersWork(memory, course);
  }
  throw new Error("It has no end.");
}

/** The uid of a workflow is the cluster's to choose. */
function withoutUid<T>(said: T): T {
  return JSON.parse(
    JSON.stringify(said, (key, value: unknown) =>
      key === "runId" ? "a uid" : value,
    ),
  ) as T;
}

describe.each(COURSES)("Of %s", (_title, course) => {
  it("an agent that lives through it sees the end, with these writes", async () => {
    const { said, writes } = await undergone(course, {});
    const reason = "reason" in said ? ` ${said.reason}` : "";
    expect(`${said.state}${reason}`).toBe(course.ends);
    const kinds = writes.map((write) => write.split(" ", 2).join(" "));
    expect(kinds).toEqual(course.writes);
  });

  it.each([
    ["before any of its calls arrives", true],
    ["before it learns of any answer", false],
  ])(
    "an agent that is killed %s has the same end, and writes nothing twice",
    async (_when, isBefore) => {
      const undisturbed = await undergone(course, {});
      for (let at = 1; at <= undisturbed.calls; at += 1) {
        const { said, writes } = await undergone(course, { at, isBefore });
        expect({ at, said, writes }).toEqual({
          at,
          said: undisturbed.said,
          writes: undisturbed.writes,
        });
      }
    },
  );
});
