export const DPOP_OPTIONS = Symbol("DPOP_OPTIONS");

export interface DpopOptions {
  /** URLs under which agents reach this gateway, without /api/agent; the first is the public one. */
  readonly urls: () => readonly string[];
}
