import type { JsonObject, OperationSpec } from "@vworkspace/resources";
import { EngineCourse } from "../testing/engine-course";
import { Killed, killingApi } from "../testing/killing-api";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import type { Engine, EngineReads } from "./engine";
import { VeleroEngine } from "./velero/velero.engine";
import { VolsyncEngine } from "./volsync/volsync.engine";

interface Course {
  readonly engine: (reads: Pick<EngineReads, "api">) => Engine;
  readonly spec: Omit<OperationSpec, "targetRef">;
  /** What the controller says of an object that it has not looked at. */
  readonly status: object;
  /** Whether the operation is cancelled when its object is there. */
  readonly isCancelled?: true;
  readonly ends: string;
}

const BACKUP = {
  apiVersion: "velero.io/v1",
  kind: "Backup",
  metadata: { name: "b1", namespace: "velero" },
  spec: { includedNamespaces: ["shop"] },
  status: { phase: "Completed" },
};
const repository = { secretName: "restic", type: "restic" };
const velero = (reads: Pick<EngineReads, "api">) => new VeleroEngine(reads);
const volsync = (reads: Pick<EngineReads, "api">) => new VolsyncEngine(reads);
const ofVelero = { type: "Backup", engine: "velero" } as const;
const ofVolsync = {
  type: "Backup",
  engine: "volsync",
  parameters: { pvc: "data", repository },
} as const;

const COURSES: readonly (readonly [string, Course])[] = [
  [
    "a backup that completes",
    {
      engine: velero,
      spec: ofVelero,
      status: { phase: "Completed" },
      ends: "succeeded VeleroBackupCompleted",
    },
  ],
  [
    "a backup that is cancelled under way",
    {
      engine: velero,
      spec: ofVelero,
      status: { phase: "Completed" },
      isCancelled: true,
      ends: "ended",
    },
  ],
  [
    "a restore that fails",
    {
      engine: velero,
      spec: {
        type: "Restore",
        engine: "velero",
        parameters: { backupName: "b1" },
      },
      status: { phase: "Failed" },
      ends: "failed VeleroRestoreFailed",
    },
  ],
  [
    "a copy that is done",
    {
      engine: volsync,
      spec: ofVolsync,
      status: { lastManualSync: "u1" },
      ends: "succeeded VolSyncLastSyncSucceeded",
    },
  ],
  [
    "a copy that fails",
    {
      engine: volsync,
      spec: ofVolsync,
      status: { latestMoverStatus: { result: "Failed" } },
      ends: "failed EngineFailed",
    },
  ],
  [
    "a copy that is cancelled",
    {
      engine: volsync,
      spec: ofVolsync,
      status: {},
      isCancelled: true,
      ends: "ended",
    },
  ],
];

/** One operation from its start to its end, by an agent that is killed at one call and started again. */
async function undergone(course: Course, killedAt: number) {
  const memory = new MemoryKubeApi();
  memory.put(BACKUP);
  const { api, calls } = killingApi(memory, killedAt);
  let outputs: JsonObject = {};
  for (let passes = 0; passes < 30; passes += 1) {
    const agent = new EngineCourse(course.engine({ api }), {
      api,
      namespace: "shop",
      uid: "u1",
      spec: course.spec,
      now: () => 0,
    });
    agent.outputs = outputs;
    const isMade = memory.writes.length > 0;
    try {
      const said = await (course.isCancelled && isMade
        ? agent.end()
        : agent.pass());
      if (said.state !== "working" && said.state !== "ending") {
        const reason = "reason" in said ? ` ${said.reason}` : "";
        const { writes } = memory;
        return { ends: `${said.state}${reason}`, writes, calls: calls() };
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    outputs = agent.outputs;
    controllersWork(memory, course.status);
  }
  throw new Error("It has no end.");
}

function controllersWork(memory: MemoryKubeApi, status: object): void {
  for (const object of [...memory.objects.values()]) {
    if (object.kind === "DeleteBackupRequest") memory.objects.clear();
    else if (object["status"] === undefined) memory.put({ ...object, status });
  }
}

describe("An agent that is killed at any call", () => {
  it.each(COURSES)(
    "has of %s what an undisturbed one has, and has created nothing twice",
    async (_title, course) => {
      const undisturbed = await undergone(course, 0);
      expect(undisturbed.ends).toBe(course.ends);
      for (let call = 1; call <= undisturbed.calls; call += 1) {
        const { ends, writes } = await undergone(course, call);
        expect({ ends, writes }).toEqual({
          ends: undisturbed.ends,
          writes: undisturbed.writes,
        });
      }
    },
  );
});
