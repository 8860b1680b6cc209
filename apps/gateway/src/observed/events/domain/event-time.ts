/** PostgreSQL knows no year 0, and RFC 3339 none of five digits. */
const EARLIEST = Date.parse("0001-01-01T00:00:00Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * An RFC 3339 time of any offset as UTC with microseconds, which is how exactly PostgreSQL keeps it; undefined for one
 * that it can't keep.
 */
export function utcTime(timestamp: string): string | undefined {
  const milliseconds = Date.parse(timestamp);
  const isKept = milliseconds >= EARLIEST && milliseconds <= LATEST;
  if (!isKept) return undefined;
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  const fraction = /\.(\d{1,6})/.exec(timestamp)?.[1] ?? "";
  return `${seconds}.${fraction.padEnd(6, "0")}Z`;
}
