import type { SqlTransaction } from "../../../database/sql-transaction";
import { FailedAttemptStore } from "../domain/failed-attempt-store";

export class SqlFailedAttemptStore extends FailedAttemptStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async count(digest: Buffer, windowSeconds: number) {
    // A window is of the database's clock, and begins with the first attempt.
    const row = await this.transaction.one<{ count: number; left: number }>(
      `insert into failed_attempts as a (digest, attempts, ends_at) values ($1, 1, now() + make_interval(secs => $2))
       on conflict (digest) do update set
         attempts = case when a.ends_at <= now() then 1 else a.attempts + 1 end,
         ends_at = case when a.ends_at <= now() then excluded.ends_at else a.ends_at end
       returning attempts as count, extract(epoch from ends_at - now())::float8 as left`,
      [digest, windowSeconds],
    );
    if (!row) throw new Error("failed_attempts answered nothing.");
    return { count: row.count, secondsLeft: row.left };
  }
}
