/** What a reconcile asks of the runner. */
export type ReconcileOutcome =
  | { readonly type: "settled" }
  | { readonly type: "again" }
  | { readonly type: "recheck"; readonly afterMs: number };

/** Nothing more to do until the object changes. */
export const settled: ReconcileOutcome = { type: "settled" };

/** One action was done: run again at once. */
export const again: ReconcileOutcome = { type: "again" };

/** Run again after `ms` even if nothing changes; the runner adds up to a tenth of it as jitter. */
export function recheckAfter(ms: number): ReconcileOutcome {
  return { type: "recheck", afterMs: ms };
}

/** May pass by itself: the runner tries again with growing, jittered delays. */
export class TransientError extends Error {
  override readonly name = "TransientError";
}

/** Can't pass by itself: the runner reports the key as stalled and waits for its next change. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}
