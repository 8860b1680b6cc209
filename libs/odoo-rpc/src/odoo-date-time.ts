const PATTERN =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * A moment as Odoo writes it: `YYYY-MM-DD HH:MM:SS` in UTC, fractions of a second cut off.
 * @throws RangeError for an invalid date or a year that doesn't have four digits.
 */
export function odooDateTime(date: Date): string {
  const text = date.toISOString();
  if (text.length !== 24)
    throw new RangeError(`${text} has no four-digit year.`);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/**
 * Reads what Odoo's clients write for a moment: `2026-01-31 13:00:00`, `2026-01-31`, `20260131T13:00:00` (XML-RPC's
 * dateTime.iso8601), each also with a fraction (cut off) and a zone; without a zone it is UTC.
 * @returns undefined for any other text, and for dates that no calendar has.
 */
export function parseOdooDateTime(text: string): Date | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = match;
  const plain = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(plain);
  // JavaScript rolls 31 February over into March; what comes back must be what went in.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== plain)
    return undefined;
  return new Date(date.getTime() - offsetMs(match[7]));
}

/** Whether the text is a day without a time. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
