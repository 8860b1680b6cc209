import { Client } from "pg";
import { DatabaseLocks } from "../domain/database-locks";

/** Apart from other users of advisory locks. */
const KEY = "hashtextextended($1, 7)";

/** One connection; what it is asked waits for its turn. */
class Session {
  readonly lost = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(readonly client: Client) {}

  async ask(what: "try_advisory_lock" | "advisory_unlock", id: string) {
    const asked = this.turn.then(() =>
      this.client.query<{ is: boolean }>(`select pg_${what}(${KEY}) as is`, [
        id,
      ]),
    );
    this.turn = asked.catch(() => undefined);
    return (await asked).rows[0]?.is === true;
  }
}

/**
 * Advisory locks of PostgreSQL on a session of their own: a lock ends with its holder, however that ends, and no transaction is
 * open while an Odoo works. The connection goes past any pooler.
 */
export class PgDatabaseLocks extends DatabaseLocks {
  private session: Promise<Session> | undefined;

  constructor(private readonly url: string) {
    super();
  }

  override async holding<T>(
    databaseId: string,
    work: (lost: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const session = await this.open();
    if (!(await session.ask("try_advisory_lock", databaseId))) return undefined;
    try {
      return await work(session.lost.signal);
    } finally {
      // A session that is gone holds nothing.
      await session.ask("advisory_unlock", databaseId).catch(() => undefined);
    }
  }

  override async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await (await session?.catch(() => undefined))?.client.end();
  }

  private open(): Promise<Session> {
    this.session ??= this.connect().catch((error: unknown) => {
      this.session = undefined;
      throw error;
    });
    return this.session;
  }

  private async connect(): Promise<Session> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      application_name: "vworkspace-odoo-locks",
    });
    const session = new Session(client);
    const forget = () => {
      this.session = undefined;
      session.lost.abort();
    };
    client.on("error", forget);
    client.on("end", forget);
    await client.connect();
    return session;
  }
}
