import type {
  JsonObject,
  OperationReason,
  OperationStatus,
} from "@vworkspace/resources";
import type { EngineAction } from "../../engines/engine";

export interface Said {
  readonly reason: OperationReason;
  readonly message: string;
}

/** What is done next: one write. */
export type OperationAction =
  | { readonly do: "add-finalizer" }
  | { readonly do: "remove-finalizer" }
  /** From here on it has begun: nobody begins it again. */
  | { readonly do: "mark-started" }
  | { readonly do: "engine"; readonly action: EngineAction };

interface Told {
  readonly outputs?: JsonObject | undefined;
  readonly logsRef?: OperationStatus["logsRef"];
}

/** How an operation stands, in as many words as its status needs. */
export type Standing =
  /** Refused for now: what it names may yet appear. */
  | { readonly phase: "Pending"; readonly refused: Said }
  | { readonly phase: "Pending"; readonly blocked: Said }
  | { readonly phase: "Pending" }
  | ({ readonly phase: "Running"; readonly running?: Said } & Told)
  | ({
      readonly phase: "Succeeded";
      readonly ended: Said;
      readonly degraded?: Said;
    } & Told)
  | ({ readonly phase: "Failed"; readonly ended: Said } & Told)
  | ({ readonly phase: "Cancelled"; readonly ended: Said } & Told);

export interface OperationDecision {
  /** Undefined: its status stays as it is. */
  readonly standing?: Standing;
  readonly action?: OperationAction;
  /** Look again after this, in milliseconds, because nothing that we watch would tell. */
  readonly recheckAfterMs?: number;
}
