import type { SqlTransaction } from "../../../database/sql-transaction";

/**
 * Notes that something changed that the copy outside the database holds. The last statement of its transaction, since
 * whoever bumps waits for the others that do.
 */
export async function bumpTrustVersion(
  transaction: SqlTransaction,
): Promise<void> {
  await transaction.run("update trust_version set version = version + 1");
}
