import type { SqlTransaction } from "../../../database/sql-transaction";
import { ReplayStore } from "../domain/replay-store";

export class SqlReplayStore extends ReplayStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async find(
    userId: string,
    requestId: string,
  ): Promise<{ digest: Buffer; response: unknown } | undefined> {
    // Two equal requests at once take turns, so that the second one finds what the first one answered.
    await this.transaction.query(
      "select pg_advisory_xact_lock(hashtextextended($1, 0))",
      [`${userId}:${requestId}`],
    );
    const row = await this.transaction.one<{
      digest: Buffer;
      response: { value: unknown };
    }>(
      "select digest, response from request_replays where organization_id = $1 and user_id = $2 and request_id = $3",
      [this.transaction.organization, userId, requestId],
    );
    return row && { digest: row.digest, response: row.response.value };
  }

  override async keep(replay: {
    userId: string;
    requestId: string;
    digest: Buffer;
    response: unknown;
  }): Promise<void> {
    await this.transaction.run(
      "insert into request_replays (organization_id, user_id, request_id, digest, response) values ($1, $2, $3, $4, $5)",
      [
        this.transaction.organization,
        replay.userId,
        replay.requestId,
        replay.digest,
        JSON.stringify({ value: replay.response }),
      ],
    );
  }
}
