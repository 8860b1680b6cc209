/** The value below which `share` (0 to 1) of the samples lie, by the nearest rank; NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.max(0, rank)] ?? NaN;
}

/** Resident memory in bytes, from the text of /proc/PID/status; NaN where it does not say. */
export function residentBytes(status: string): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kibibytes ?? NaN) * 1024;
}

/**
 * The sum of a metric over all its labels, from the text of a Prometheus endpoint; NaN where there is no such metric.
 * @param name without labels, for example `vworkspace_database_queries_total`
 */
export function metricSum(text: string, name: string): number {
  const values = text
    .split("\n")
    .map((line) => /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line))
    .filter((match) => match?.[1] === name)
    .map((match) => Number(match?.[2]));
  return values.length === 0 ? NaN : values.reduce((a, b) => a + b, 0);
}
