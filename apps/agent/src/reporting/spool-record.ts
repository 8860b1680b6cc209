import { createHash } from "node:crypto";
import type { AgentEvent } from "@vworkspace/contract";

/** One line of a segment. Every record carries the spool's counters, so the newest one that can be read restores them. */
export interface SpoolRecord {
  /** Of the event; of the next event where there is none. */
  readonly position: number;
  /** Everything before this position is stored at the control plane or dropped. */
  readonly oldest: number;
  readonly dropped: number;
  readonly event?: AgentEvent;
}

const DIGEST_CHARACTERS = 16;

/** A line: digest, space, JSON, newline. */
export function encodeRecord(record: SpoolRecord): string {
  const json = JSON.stringify(record);
  return `${digestOf(json)} ${json}\n`;
}

/**
 * The records of a segment that are whole. What follows the last newline was being written when the process ended and is left
 * out; any other line that can't be read makes the segment corrupt.
 */
export function decodeSegment(text: string): {
  readonly records: readonly SpoolRecord[];
  readonly isCorrupt: boolean;
} {
  const lines = text.split("\n").slice(0, -1);
  const records = lines.map(decodeLine);
  const whole = records.filter((record) => record !== undefined);
  return { records: whole, isCorrupt: whole.length < records.length };
}

function decodeLine(line: string): SpoolRecord | undefined {
  const json = line.slice(DIGEST_CHARACTERS + 1);
  if (line.slice(0, DIGEST_CHARACTERS) !== digestOf(json)) return undefined;
  return JSON.parse(json) as SpoolRecord;
}

/** Against torn and decayed storage, not against a forger: whoever writes this directory is the agent. */
function digestOf(json: string): string {
  return createHash("sha256")
    .update(json)
    .digest("hex")
    .slice(0, DIGEST_CHARACTERS);
}
