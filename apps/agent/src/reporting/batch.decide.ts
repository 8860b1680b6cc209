import type { SpooledEvent } from "./event-spool";

/** Well below the megabyte that a body may have. */
const BATCH_BYTES = 512 * 1024;

/**
 * The events that go into the next request: as many as fit, and half of them after every failure, so that one that the
 * control plane can't take ends up alone.
 * @param failures in a row, of batches that began with the same event
 */
export function batchOf(
  waiting: readonly SpooledEvent[],
  failures: number,
): readonly SpooledEvent[] {
  const limit = Math.max(1, waiting.length >> Math.min(failures, 20));
  let bytes = 0;
  let count = 0;
  for (const { event } of waiting.slice(0, limit)) {
    bytes += Buffer.byteLength(JSON.stringify(event));
    if (count > 0 && bytes > BATCH_BYTES) break;
    count += 1;
  }
  return waiting.slice(0, count);
}
