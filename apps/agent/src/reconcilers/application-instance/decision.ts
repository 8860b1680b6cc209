import type { KubeObject } from "@vworkspace/kube";

/** The one thing that is done next. */
export type Action =
  | { readonly do: "add-finalizer" }
  | { readonly do: "remove-finalizer" }
  | {
      readonly do: "apply";
      readonly object: KubeObject;
      /** Fields that others took from us are taken back. */
      readonly force?: true;
    }
  | { readonly do: "delete"; readonly object: KubeObject }
  | { readonly do: "resume"; readonly object: KubeObject };

/** Why a condition is what it is. */
export interface Said {
  readonly reason: string;
  readonly message: string;
}

/** What is done about an instance, and what its conditions say beyond what the derived objects tell. */
export interface Decision {
  /** Why things stand still, for Blocked/True. */
  readonly blocked?: Said;
  /** What Ready says, where something else than the derived objects decides it. */
  readonly unready?: Said;
  /** What Ready says, where the derived objects would have it True. */
  readonly awaited?: Said;
  /** For Suspended/True. */
  readonly suspended?: Said;
  /** For Degraded/True, where the derived objects find nothing worse. */
  readonly degraded?: Said;
  /** For Deleting/True. */
  readonly deleting?: Said;
  readonly action?: Action;
  /** Look again after this, in milliseconds, because nothing that we watch would tell. */
  readonly recheckAfterMs?: number;
}

/** What blocks may pass without a word from anything that is watched. */
export const BLOCKED_RECHECK_MS = 15_000;

export function blocked(reason: string, message: string): Decision {
  return {
    blocked: { reason, message },
    recheckAfterMs: BLOCKED_RECHECK_MS,
  };
}
