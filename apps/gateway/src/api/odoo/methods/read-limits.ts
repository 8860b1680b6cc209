/** The most that one call reads, whatever limit it gives; what is more is refused, never silently cut. */
export const READ_LIMITS = {
  ids: 100_000,
  records: 10_000,
  /** Of one read_group. */
  groups: 10_000,
  /** Of one name_search that gives no limit. */
  names: 100,
  /** Counting stops here: a count of more costs seconds, and nobody pages through it. */
  counted: 1_000_000,
  /** Characters of JSON of all records together. */
  characters: 32 * 1024 * 1024,
} as const;
