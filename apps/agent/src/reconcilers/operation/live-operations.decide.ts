import type { Operation } from "@vworkspace/resources";
import { hasEnded, isRestoredCopy } from "./started.decide";

/** Whether an operation may still want something of its target. */
export function isLive(operation: Operation): boolean {
  return !hasEnded(operation) && !isRestoredCopy(operation);
}

/** Texts that stand in the order of creation; those of one second in the order of their uids. */
export function ageKey({ metadata }: Operation): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.uid ?? ""}`;
}
