import { Logger } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { DataSource, QueryRunner } from "typeorm";
import { queryCount, SqlTransaction } from "./sql-transaction";
import type { StoreBindings } from "./store-bindings";
import { type StorePort, type Stores, UnitOfWork } from "./unit-of-work";

const logger = new Logger("UnitOfWork");

/** Serialization failure and deadlock: the whole unit is run again, since nothing of it was kept. */
const RETRYABLE_STATES = new Set(["40001", "40P01"]);
const MAX_ATTEMPTS = 4;

/** Services look before they write; these tell that somebody else wrote in between. */
const UNIQUE_VIOLATION = "23505";
const FOREIGN_KEY_VIOLATION = "23503";

/** The database cannot be reached, is starting, stopping, out of connections, or others hold what is wanted: come back later. */
const UNAVAILABLE_STATES = /^(08|57P|53|40001$|40P01$|55P03$)/;
const CONNECTION_ERRORS = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
]);

/** What driver and pool say without a code. TypeORM lets go of a connection that breaks between two statements. */
const BROKEN_CONNECTION =
  /connection terminated|timeout exceeded when trying to connect|query runner already released/i;

export class SqlUnitOfWork extends UnitOfWork {
  constructor(
    private readonly sources: {
      readonly app: DataSource;
      readonly worker: DataSource;
    },
    private readonly bindings: StoreBindings,
  ) {
    super();
  }

  override inOrganization<T>(
    organizationId: string,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    return this.attempt({ source: this.sources.app, organizationId }, work);
  }

  override asWorker<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.attempt(
      { source: this.sources.worker, organizationId: undefined },
      work,
    );
  }

  override beforeSignIn<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.attempt(
      { source: this.sources.app, organizationId: undefined },
      work,
    );
  }

  private async attempt<T>(
    scope: Scope,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(scope, work);
      } catch (error) {
        if (RETRYABLE_STATES.has(sqlState(error)) && attempt < MAX_ATTEMPTS)
          continue;
        throw asRefusal(error);
      }
    }
  }

  private async once<T>(
    scope: Scope,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    const runner = scope.source.createQueryRunner();
    const hooks: (() => void)[] = [];
    try {
      await runner.startTransaction();
      if (scope.organizationId !== undefined) {
        await runner.query("select set_config('vw.organization', $1, true)", [
          scope.organizationId,
        ]);
      }
      const result = await work(
        this.stores(runner, scope.organizationId, hooks),
      );
      await runner.commitTransaction();
      queryCount.total += scope.organizationId === undefined ? 2 : 3;
      committed(hooks);
      return result;
    } catch (error) {
      await rollback(runner);
      throw error;
    } finally {
      await runner.release();
    }
  }

  private stores(
    runner: QueryRunner,
    organizationId: string | undefined,
    hooks: (() => void)[],
  ): Stores {
    const afterCommit = (hook: () => void) => void hooks.push(hook);
    const transaction = new SqlTransaction(runner, organizationId, afterCommit);
    const made = new Map<unknown, unknown>();
    return {
      afterCommit,
      get: <S>(port: StorePort<S>): S => {
        if (!made.has(port))
          made.set(port, this.bindings.make(port, transaction));
        return made.get(port) as S;
      },
    };
  }
}

interface Scope {
  readonly source: DataSource;
  readonly organizationId: string | undefined;
}

/** What is committed stays so: a hook that fails must not make its caller, or a repeat, believe otherwise. */
function committed(hooks: readonly (() => void)[]): void {
  for (const hook of hooks) {
    try {
      hook();
    } catch (error) {
      logger.warn({ err: error }, "A hook failed after its commit");
    }
  }
}

/** A connection that broke has rolled back already; the first error is the one that matters. */
async function rollback(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  await runner.rollbackTransaction().catch(() => undefined);
}

/** SQLSTATE of an error of the driver, or "". */
export function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** What a caller may be told; anything else is a fault of the gateway. */
function asRefusal(error: unknown): unknown {
  switch (sqlState(error)) {
    case UNIQUE_VIOLATION:
      return new DomainError(
        "already_exists",
        "Somebody has just made or named one alike: read again, and choose another name.",
        { cause: error },
      );
    case FOREIGN_KEY_VIOLATION:
      return new DomainError(
        "conflict",
        "A record that this one refers to has just been removed, or is still referred to: read again.",
        { cause: error },
      );
    default:
      return asUnavailable(error);
  }
}

function asUnavailable(error: unknown): unknown {
  const code = sqlState(error);
  const text = error instanceof Error ? error.message : "";
  const isConnection =
    UNAVAILABLE_STATES.test(code) ||
    CONNECTION_ERRORS.has(code) ||
    BROKEN_CONNECTION.test(text);
  if (!isConnection) return error;
  return new DomainError(
    "unavailable",
    "The gateway's database cannot be reached; try again.",
    {
      cause: error,
      retryAfterSeconds: 1,
    },
  );
}
