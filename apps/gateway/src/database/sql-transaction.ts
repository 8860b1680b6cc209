import { QueryFailedError, type QueryRunner } from "typeorm";

/** Counts every statement sent to PostgreSQL; /metrics shows it. */
export const queryCount = { total: 0 };

/** A transaction as the adapters see it: SQL in, rows out. */
export class SqlTransaction {
  constructor(
    private readonly runner: QueryRunner,
    /** Undefined for the worker and before sign-in. */
    readonly organizationId: string | undefined,
    readonly afterCommit: (hook: () => void) => void,
  ) {}

  /** The organization of this transaction; a store that writes needs one. */
  get organization(): string {
    if (this.organizationId === undefined)
      throw new Error("This unit of work has no organization.");
    return this.organizationId;
  }

  async query<Row>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    const result = await this.send(sql, parameters);
    return (result as { records?: Row[] }).records ?? [];
  }

  /** The first row, or undefined. */
  async one<Row>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row | undefined> {
    return (await this.query<Row>(sql, parameters))[0];
  }

  /** How many rows a statement changed. */
  async run(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    const result = await this.send(sql, parameters);
    return (result as { affected?: number }).affected ?? 0;
  }

  private async send(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<unknown> {
    queryCount.total += 1;
    try {
      return await this.runner.query(sql, [...parameters], true);
    } catch (error) {
      throw withoutValues(error);
    }
  }
}

/** What was to be written may be secret, and whoever logs the error logs all of its properties. */
function withoutValues(error: unknown): unknown {
  if (error instanceof QueryFailedError)
    for (const quoting of ["parameters", "detail", "where", "driverError"])
      Reflect.deleteProperty(error, quoting);
  return error;
}
