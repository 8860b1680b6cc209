import type { KubeApi, KubeObject } from "@vworkspace/kube";
import {
  type Engine,
  type EngineEnd,
  type EngineRun,
  type EngineVerdict,
} from "../engines/engine";
import {
  engineLabels,
  engineObjectName,
  isOfOperation,
} from "../engines/engine-objects";

export const WORK = { apiVersion: "test.vworkspace.io/v1", kind: "Work" };

/** An engine whose work is an object that a test moves on: `state` is working, done, broken or (being) stopped. */
export class ScriptedEngine implements Engine<KubeObject | undefined> {
  readonly name = "job";

  constructor(private readonly api: KubeApi) {}

  kinds() {
    return [WORK];
  }

  secrets({ secret }: EngineRun["parameters"]): readonly string[] {
    return typeof secret === "string" ? [secret] : [];
  }

  observe(run: EngineRun): Promise<KubeObject | undefined> {
    const name = engineObjectName(run.uid);
    return this.api.get({ ...WORK, namespace: run.namespace, name });
  }

  decide(run: EngineRun, work: KubeObject | undefined): EngineVerdict {
    if (work && !isOfOperation(work, run.uid))
      return failed(`Work ${work.metadata.name} is somebody else's`);
    if (!work && run.outputs["workName"] !== undefined)
      return failed(`Work ${engineObjectName(run.uid)} is gone`);
    if (!work)
      return {
        state: "working",
        reason: "EngineStarted",
        message: "it begins",
        action: { do: "create", object: workOf(run) },
      };
    return following(work);
  }

  end(_run: EngineRun, work: KubeObject | undefined): EngineEnd {
    if (!work) return { state: "ended" };
    if (work.metadata.deletionTimestamp !== undefined)
      return { state: "ending", message: "its work is being stopped" };
    return {
      state: "ending",
      message: "its work is stopped",
      action: { do: "delete", object: work },
    };
  }
}

function failed(message: string) {
  return { state: "failed", reason: "EngineFailed", message } as const;
}

function workOf(run: EngineRun): KubeObject {
  return {
    ...WORK,
    metadata: {
      name: engineObjectName(run.uid),
      namespace: run.namespace,
      labels: { ...engineLabels(run) },
    },
    state: "working",
  };
}

function following(work: KubeObject): EngineVerdict {
  const outputs = { workName: work.metadata.name };
  switch (work["state"]) {
    case "done":
      return {
        state: "succeeded",
        reason: "EngineCompleted",
        message: "done",
        outputs,
      };
    case "half":
      return {
        state: "succeeded",
        reason: "EngineCompleted",
        message: "done",
        outputs,
        degraded: {
          reason: "VeleroBackupPartiallyFailed",
          message: "one of two",
        },
      };
    case "broken":
      return { ...failed("it broke"), outputs };
    default:
      return {
        state: "working",
        reason: "EngineStarted",
        message: `at work: ${JSON.stringify(work["progress"] ?? 0)} %`,
        outputs,
      };
  }
}
