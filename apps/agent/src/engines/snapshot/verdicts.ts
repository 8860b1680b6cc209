import type { OperationReason } from "@vworkspace/resources";
import type { EngineVerdict } from "../engine";

type Working = Extract<EngineVerdict, { state: "working" }>;

/** A driver's words can be long. */
const LONGEST_WORDS = 1000;

export function working(
  message: string,
  more: Partial<Omit<Working, "state" | "message">> = {},
): EngineVerdict {
  return { state: "working", reason: "EngineStarted", message, ...more };
}

export function failed(
  reason: OperationReason,
  message: string,
): Extract<EngineVerdict, { state: "failed" }> {
  return { state: "failed", reason, message };
}

export function cut(words: string): string {
  return words.length > LONGEST_WORDS
    ? `${words.slice(0, LONGEST_WORDS)}…`
    : words;
}
