/**
 * Whether an Odoo knows of truth that this gateway never sent it: the gateway's database was restored from a backup. What is
 * sent is written down before it is sent, so that nothing else explains it.
 */
export function wasRestored(
  sentSequence: number,
  knownSequence: number,
): boolean {
  return knownSequence > sentSequence;
}
