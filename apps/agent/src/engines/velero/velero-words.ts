import { foreignWords } from "../foreign-words";
import type { VeleroBackup, VeleroRestore } from "./velero-objects";

/** Phase and reason of what failed, in Velero's words. */
export function failureWords({ status }: VeleroBackup | VeleroRestore): string {
  const { phase = "", failureReason, validationErrors = [] } = status ?? {};
  const words = validationErrors.length > 0 ? validationErrors : failureReason;
  return `${phase}: ${foreignWords(words, "Velero says no more")}`;
}

/** How far it is, in a few words. */
export function progressWords(done = 0, total?: number): string {
  return total === undefined ? `${done} items` : `${done} of ${total} items`;
}
