import type { Kind, KubeApi, KubeObject, ObjectRef } from "@vworkspace/kube";
import type {
  ApplicationInstance,
  FieldProblem,
  JsonObject,
  Operation,
  OperationEngine,
  OperationReason,
  OperationStatus,
} from "@vworkspace/resources";

/** One operation under the eyes of its engine. */
export interface EngineRun {
  readonly operation: Operation;
  readonly uid: string;
  readonly namespace: string;
  readonly target: ApplicationInstance;
  /** Under their present names, and valid. */
  readonly parameters: JsonObject;
  /** What the status has told of outputs so far: what an engine once saw, and no longer sees, is gone. */
  readonly outputs: JsonObject;
  /** Milliseconds since 1970; decisions read no clock. */
  readonly now: number;
  /** Milliseconds since 1970, when it started. */
  readonly startedAt: number;
}

/** What is done next to the cluster: one write. */
export type EngineAction =
  /** POST; that it exists already means that it is ours, for its name comes from the operation's uid. */
  | {
      readonly do: "create";
      readonly object: KubeObject;
      /** Goes with the operation, also long after its end; in the operation's own namespace only. */
      readonly isOwned?: true;
    }
  /** Of this very object; its dependants go with it. */
  | {
      readonly do: "delete";
      readonly object: KubeObject;
      /** Only in the version that was seen: its controller may begin with it at any moment, and then it has to stay. */
      readonly onlyAsSeen?: true;
    }
  /** JSON merge patch of this very version of the object. */
  | {
      readonly do: "patch";
      readonly object: KubeObject;
      readonly patch: object;
    };

/** What an engine makes of what it saw. */
export type EngineVerdict =
  | {
      readonly state: "working";
      readonly reason: OperationReason;
      readonly message: string;
      readonly outputs?: JsonObject;
      readonly logsRef?: OperationStatus["logsRef"];
      readonly action?: EngineAction;
      /** Look again after this, in milliseconds: what engines make is not watched, only asked for while it is at work. */
      readonly recheckAfterMs?: number;
    }
  | {
      readonly state: "succeeded";
      readonly reason: OperationReason;
      readonly message: string;
      readonly outputs?: JsonObject;
      readonly logsRef?: OperationStatus["logsRef"];
      /** Done, but not as it should be. */
      readonly degraded?: {
        readonly reason: OperationReason;
        readonly message: string;
      };
    }
  | {
      readonly state: "failed";
      readonly reason: OperationReason;
      readonly message: string;
      readonly outputs?: JsonObject;
      readonly logsRef?: OperationStatus["logsRef"];
    };

/** How far the work is taken back, after a cancellation, a timeout, or the deletion of the operation. */
export type EngineEnd =
  | { readonly state: "ended"; readonly message?: string }
  | {
      readonly state: "ending";
      readonly message: string;
      readonly action?: EngineAction;
      readonly recheckAfterMs?: number;
    };

/**
 * What carries out operations of one kind through what the cluster has. It holds nothing between calls: what it knows it reads,
 * so that an agent may be killed between any two calls. `decide` and `end` are functions of what `observe` read.
 */
export interface Engine<Seen = unknown> {
  readonly name: OperationEngine;
  /** What has to be served before an operation starts. */
  kinds(run: Pick<EngineRun, "operation" | "parameters">): readonly Kind[];
  /** What is wrong with the parameters beyond their schema, for this target. */
  problems?(run: EngineRun): readonly FieldProblem[];
  /** Secrets of the namespace that have to be there. */
  secrets(parameters: JsonObject): readonly string[];
  /** How many seconds ago the last backup of the target may have ended when it starts; undefined: none is asked for. */
  backupWithin?(parameters: JsonObject): number | undefined;
  observe(run: EngineRun): Promise<Seen>;
  decide(run: EngineRun, seen: Seen): EngineVerdict;
  end(run: EngineRun, seen: Seen): EngineEnd;
}

/** What engines read through. */
export interface EngineReads {
  readonly api: Pick<KubeApi, "get" | "list">;
  /** The last lines of a pod's log; undefined where they can't be had. */
  readonly logs: PodLogs;
}

/** The last lines that a container wrote. */
export abstract class PodLogs {
  /** @returns undefined where there are none, or where the agent may not read them */
  abstract tail(
    pod: ObjectRef,
    container: string,
    lines: number,
  ): Promise<string | undefined>;
}
