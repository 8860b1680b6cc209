import { fieldsAt, type Fields, stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { VeleroStep } from "../../script/course";

/** In so many steps it goes through what there is. */
const STEPS = 4;

/** What the next step of a backup or a restore rests on. */
export interface VeleroSeen {
  /** RFC 3339. */
  readonly now: string;
  /** Why it can't be begun; undefined: it can. */
  readonly problem?: string | undefined;
  /** How many objects there are to go through. */
  readonly total: number;
  /** What else is said when it begins. */
  readonly begun?: Fields;
  /** How it ends; asked for once, when it does. */
  readonly end: () => VeleroStep;
}

/** Name of the count of those that are done. */
export type Counter = "itemsBackedUp" | "itemsRestored";

export interface Progress {
  readonly done: number;
  readonly total: number;
}

const OVER = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];

export function phaseOf(object: KubeObject): string {
  return stringAt(object, "status", "phase");
}

export function isOver(object: KubeObject): boolean {
  return OVER.includes(phaseOf(object));
}

export function progressOf(object: KubeObject, counter: Counter): Progress {
  const progress = fieldsAt(object, "status", "progress");
  return {
    done: Number(progress[counter] ?? 0),
    total: Number(progress["totalItems"] ?? 0),
  };
}

/** What Velero says next of a backup or a restore; undefined: it has said its last. */
export function nextStatus(
  object: KubeObject,
  counter: Counter,
  seen: VeleroSeen,
): Fields | undefined {
  switch (phaseOf(object)) {
    case "":
    case "New":
      return beginning(counter, seen);
    case "InProgress":
      return going(progressOf(object, counter), counter, seen);
    case "Finalizing":
      return { phase: "Completed", completionTimestamp: seen.now };
    case "FinalizingPartiallyFailed":
      return { phase: "PartiallyFailed", completionTimestamp: seen.now };
    default:
      return undefined;
  }
}

function beginning(counter: Counter, seen: VeleroSeen): Fields {
  if (seen.problem !== undefined)
    return { phase: "FailedValidation", validationErrors: [seen.problem] };
  return {
    ...seen.begun,
    phase: "InProgress",
    startTimestamp: seen.now,
    progress: { totalItems: seen.total, [counter]: 0 },
  };
}

function going(
  { done, total }: Progress,
  counter: Counter,
  seen: VeleroSeen,
): Fields {
  const next = Math.min(total, done + Math.max(1, Math.ceil(total / STEPS)));
  const progress = { totalItems: total, [counter]: next };
  if (next < total) return { progress };
  const end = seen.end();
  if (end === "fails")
    return {
      phase: "Failed",
      failureReason: "the storage of backups can't be reached: i/o timeout",
      completionTimestamp: seen.now,
      progress,
    };
  return end === "partially-fails"
    ? { phase: "FinalizingPartiallyFailed", errors: 1, progress }
    : { phase: "Finalizing", progress };
}
