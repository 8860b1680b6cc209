import { Client } from "pg";

/**
 * What delivery is measured beside: a row and a notification, written by one connection of the same server and noticed
 * by another, with nothing between them.
 */
export class NotifyPeer {
  private notified: (() => void) | undefined;

  private constructor(
    private readonly writer: Client,
    private readonly listener: Client,
  ) {
    listener.on("notification", () => this.notified?.());
  }

  /** @param databaseUrl of a role that may make a table; the table is temporary in all but name, and dropped by `close` */
  static async open(databaseUrl: string): Promise<NotifyPeer> {
    const [writer, listener] = [client(databaseUrl), client(databaseUrl)];
    await Promise.all([writer.connect(), listener.connect()]);
    await writer.query(
      "create table if not exists public.bench_peer (id bigint generated always as identity, payload text)",
    );
    await listener.query("listen bench_peer");
    return new NotifyPeer(writer, listener);
  }

  /** Milliseconds from `begin` to the notification. */
  async roundTripMs(): Promise<number> {
    const arrived = new Promise<void>((resolve) => {
      this.notified = resolve;
    });
    const begun = performance.now();
    await this.writer.query("begin");
    await this.writer.query(
      "insert into public.bench_peer (payload) values ($1)",
      ["x".repeat(500)],
    );
    await this.writer.query("notify bench_peer");
    await this.writer.query("commit");
    await arrived;
    return performance.now() - begun;
  }

  async close(): Promise<void> {
    await this.writer.query("drop table public.bench_peer");
    await Promise.all([this.writer.end(), this.listener.end()]);
  }
}

function client(connectionString: string): Client {
  return new Client({ connectionString });
}
