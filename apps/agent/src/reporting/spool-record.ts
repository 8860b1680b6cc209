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

/** Of segments as they are written now. Format 1 had no header; its records were the same. */
const FORMAT = 2;

/** The first line of a segment. */
export const SEGMENT_HEADER = encodeLine({ format: FORMAT });

/** A line: digest, space, JSON, newline. */
export function encodeRecord(record: SpoolRecord): string {
  return encodeLine(record);
}

function encodeLine(content: object): string {
  const json = JSON.stringify(content);
  return `${digestOf(json)} ${json}\n`;
}

/**
 * The records of a segment that are whole. What follows the last newline was being written when the process ended and is left
 * out; any other line that can't be read makes the segment corrupt, and so does a format of a later version.
 */
export function decodeSegment(text: string): {
  readonly records: readonly SpoolRecord[];
  readonly isCorrupt: boolean;
} {
  const lines = text.split("\n").slice(0, -1).map(decodeLine);
  const format = formatOf(lines[0]);
  if (format > FORMAT) return { records: [], isCorrupt: true };
  const whole = lines.filter((line) => line !== undefined);
  return {
    records: whole.filter((line): line is SpoolRecord => !("format" in line)),
    isCorrupt: whole.length < lines.length,
  };
}

type Line = SpoolRecord | { readonly format: number };

function formatOf(first: Line | undefined): number {
  return first !== undefined && "format" in first ? first.format : 1;
}

function decodeLine(line: string): Line | undefined {
  const json = line.slice(DIGEST_CHARACTERS + 1);
  if (line.slice(0, DIGEST_CHARACTERS) !== digestOf(json)) return undefined;
  return JSON.parse(json) as Line;
}

/** Against torn and decayed storage, not against a forger: whoever writes this directory is the agent. */
function digestOf(json: string): string {
  return createHash("sha256")
    .update(json)
    .digest("hex")
    .slice(0, DIGEST_CHARACTERS);
}
