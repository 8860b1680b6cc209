import type {
  ApplicationInstance,
  FieldProblem,
  Operation,
} from "@vworkspace/resources";
import type { LastBackup } from "./last-backup.decide";
import type { EngineEnd, EngineVerdict } from "../../engines/engine";
import type { WindowState } from "../application-instance/maintenance-window.decide";

/** What became of an approval. */
export type Approval =
  | { readonly state: "not-required" }
  | { readonly state: "valid"; readonly by: string }
  | { readonly state: "missing" }
  /** Forged, over, or of something else: why, as a sentence. */
  | { readonly state: "refused"; readonly why: string };

export interface RequiredBackup {
  readonly maxAgeSeconds: number;
  /** Of the target; absent: there is none. */
  readonly last?: LastBackup;
}

/** Everything that decisions about one operation rest on, read at one moment. */
export interface OperationObservation {
  readonly operation: Operation;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Why its namespace is none of ours, if it isn't; then nothing else was looked at. */
  readonly optInMissing?: string;
  /** What is wrong with the spec, and with the parameters for this target. */
  readonly problems: readonly FieldProblem[];
  readonly target?: ApplicationInstance;
  /** Kinds of the engine that the cluster does not serve. */
  readonly missingKinds: readonly string[];
  readonly approval: Approval;
  /** Secrets that parameters name and that are not there. */
  readonly missingSecrets: readonly string[];
  /** The backup that has to be there first, where one has to. */
  readonly requiredBackup?: RequiredBackup;
  /** Of the target. */
  readonly window: WindowState;
  /** Operations on the same target that have not ended, without this one. */
  readonly others: readonly Operation[];
  /** Of an operation that has started: what its engine makes of what it sees, and how far it would be taken back. */
  readonly engine?: {
    readonly verdict: EngineVerdict;
    readonly end: EngineEnd;
  };
}
