/** Who sends to an Odoo database: one replica at a time. */
export abstract class DatabaseLocks {
  /**
   * Runs the work while this replica alone has the database; not at all where another has it.
   * @param work gets a signal that aborts when the lock is lost, since the connection to PostgreSQL was
   * @returns undefined where another has it
   */
  abstract holding<T>(
    databaseId: string,
    work: (lost: AbortSignal) => Promise<T>,
  ): Promise<T | undefined>;
  abstract close(): Promise<void>;
}
