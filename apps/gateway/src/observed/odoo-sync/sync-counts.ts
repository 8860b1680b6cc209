/** What this replica has sent, since it started; /metrics shows it. */
export class SyncCounts {
  batches = 0;
  failures = 0;
  /** Records by what Odoo said of them; `told` is applied, stale or ignored. */
  readonly records = { told: 0, parked: 0, refused: 0 };
}
