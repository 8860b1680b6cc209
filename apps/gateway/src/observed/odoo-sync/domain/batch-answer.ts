import { DomainError } from "@vworkspace/kernel";
import type { HeldRow, HeldStatus, OutboxRow } from "./outbox-store";

const DONE: readonly unknown[] = ["applied", "stale", "ignored"];
const HELD: readonly unknown[] = ["parked", "refused"];
const MAX_PROBLEM_CHARACTERS = 500;

/** What an Odoo said to a batch, by what becomes of its rows. */
export interface BatchOutcome {
  readonly told: readonly OutboxRow[];
  readonly held: readonly HeldRow[];
  /** The highest sequence that it has of this epoch. */
  readonly knownSequence: number;
}

/**
 * Reads `{results: [{key, status, error}], known_sequence}`. Rows without a result stay where they are.
 * @throws DomainError unavailable where it is something else, or says nothing of any row
 */
export function readAnswer(
  answer: unknown,
  sent: readonly OutboxRow[],
): BatchOutcome {
  const { results, known_sequence: known } = isRecord(answer) ? answer : {};
  if (!Array.isArray(results)) throw unreadable("results is no list");
  const knownSequence = sequenceOf(known);
  const byKey = new Map(
    results.filter(isRecord).map((result) => [result["key"], result]),
  );
  const told: OutboxRow[] = [];
  const held: HeldRow[] = [];
  for (const row of sent) {
    const result = byKey.get(row.recordId);
    const status = result?.["status"];
    if (DONE.includes(status)) told.push(row);
    if (HELD.includes(status))
      held.push({
        ...row,
        status: status as HeldStatus,
        problem: problemOf(result?.["error"]),
      });
  }
  if (sent.length > 0 && told.length + held.length === 0)
    throw unreadable("it has no result for any of the records");
  return { told, held, knownSequence };
}

function sequenceOf(value: unknown): number {
  const digits = typeof value === "number" ? String(value) : value;
  if (typeof digits === "string" && /^\d{1,15}$/.test(digits))
    return Number(digits);
  throw unreadable("known_sequence is no whole number as text");
}

function problemOf(error: unknown): string {
  return typeof error === "string"
    ? error.slice(0, MAX_PROBLEM_CHARACTERS).replaceAll("\u0000", "")
    : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unreadable(why: string): DomainError {
  return new DomainError(
    "unavailable",
    `The answer of apply_updates can't be read: ${why}; look whether the addon is of the gateway's release.`,
  );
}
