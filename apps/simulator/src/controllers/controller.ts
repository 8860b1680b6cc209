import type { Change } from "../store/store";

/** A part of the cluster that reacts to changes, as the controllers of a real one do. */
export interface Controller {
  /** Told of every commit, in order, while it is being made: decides what to do, does it later. */
  onChange(change: Change): void;
  stop(): void;
}
