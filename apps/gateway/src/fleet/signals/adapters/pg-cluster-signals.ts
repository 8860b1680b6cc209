import { randomUUID } from "node:crypto";
import { backoffMs, type Clock } from "@vworkspace/kernel";
import { Client } from "pg";
import { ClusterSignals, LocalWaiters } from "../domain/cluster-signals";

const CHANNEL = "vw_clusters";
/** PostgreSQL's limit is 8,000 bytes, and exceeding it is an error: 200 ids of 36 characters stay below. */
const IDS_PER_NOTIFICATION = 200;
const HEARTBEAT_MS = 1000;
const SILENCE_MS = 3000;
/** After a lost listener everyone is woken, spread over this time, so that the polls don't query as a herd. */
const WAKE_ALL_SPREAD_MS = 5000;

/**
 * Signals between replicas through LISTEN/NOTIFY. Notifying inside the transaction of a change would serialise all
 * commits of the server, so ids are collected and sent after the commit by one connection of their own, which need not
 * wait for the disk. The listener notifies itself every second and is replaced when it hears nothing for three.
 */
export class PgClusterSignals extends ClusterSignals {
  private readonly local = new LocalWaiters();
  private readonly replica = randomUUID();
  private readonly stopping = new AbortController();
  private pending = new Set<string>();
  private notifier: Client | undefined;
  private listener: Client | undefined;
  private lastHeard = 0;
  private loops: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly clock: Clock,
    private readonly onError: (error: unknown, what: string) => void,
  ) {
    super();
  }

  override subscribe(clusterId: string, wake: () => void): () => void {
    return this.local.add(clusterId, wake);
  }

  override signal(clusterId: string): void {
    this.local.wake(clusterId);
    this.pending.add(clusterId);
    void this.send();
  }

  override wakeHere(clusterId: string): void {
    this.local.wake(clusterId);
  }

  override waiting(): readonly string[] {
    return this.local.ids();
  }

  onModuleInit(): void {
    this.loops = this.listen();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([close(this.listener), close(this.notifier), this.loops]);
  }

  private isSending = false;

  /** One send at a time; what is signalled meanwhile goes with the next. */
  private async send(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      while (this.pending.size > 0 && !this.stopping.signal.aborted) {
        const ids = [...this.pending].slice(0, IDS_PER_NOTIFICATION);
        for (const id of ids) this.pending.delete(id);
        const notifier = await this.openNotifier();
        await notifier.query("select pg_notify($1, $2)", [
          CHANNEL,
          `${this.replica} ${ids.join(" ")}`,
        ]);
      }
    } catch (error) {
      // The sweep of every replica finds what this hint would have told.
      void close(this.notifier);
      this.notifier = undefined;
      this.onError(error, "A wake-up of other replicas was lost");
    } finally {
      this.isSending = false;
    }
  }

  private async openNotifier(): Promise<Client> {
    if (this.notifier) return this.notifier;
    const client = await connect(this.url);
    client.on("error", () => (this.notifier = undefined));
    this.notifier = client;
    return client;
  }

  private async listen(): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; failures += 1) {
      try {
        await this.openListener();
        if (failures > 0) void this.wakeEveryone();
        failures = 0;
        await this.watchListener();
      } catch (error) {
        this.onError(error, "The listener for wake-ups was lost");
      }
      await close(this.listener);
      const pause = backoffMs(failures, { baseMs: 500, maxMs: 10_000 });
      await this.clock.sleep(pause, this.stopping.signal);
    }
  }

  private async openListener(): Promise<void> {
    const client = await connect(this.url);
    this.listener = client;
    client.on("error", (error) =>
      this.onError(error, "The listener's connection broke"),
    );
    client.on("notification", (message) => this.hear(message.payload ?? ""));
    await client.query(`listen ${CHANNEL}`);
    this.lastHeard = this.clock.now();
  }

  private hear(payload: string): void {
    this.lastHeard = this.clock.now();
    const [replica, ...ids] = payload.split(" ");
    if (replica === this.replica) return;
    for (const id of ids) this.local.wake(id);
  }

  /** Returns when nothing was heard for too long, not even its own heartbeat. */
  private async watchListener(): Promise<void> {
    while (
      this.listener &&
      !this.stopping.signal.aborted &&
      this.clock.now() - this.lastHeard < SILENCE_MS
    ) {
      const heartbeat = this.listener.query("select pg_notify($1, $2)", [
        CHANNEL,
        this.replica,
      ]);
      await Promise.race([
        heartbeat,
        this.clock.sleep(SILENCE_MS, this.stopping.signal),
      ]);
      await this.clock.sleep(HEARTBEAT_MS, this.stopping.signal);
    }
  }

  private async wakeEveryone(): Promise<void> {
    const ids = this.local.ids();
    const pause = WAKE_ALL_SPREAD_MS / Math.max(1, Math.ceil(ids.length / 100));
    for (const [index, id] of ids.entries()) {
      this.local.wake(id);
      if (index % 100 === 99)
        await this.clock.sleep(pause, this.stopping.signal);
    }
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    application_name: "vworkspace-signals",
    // A hint need not wait for the disk.
    options: "-c synchronous_commit=off",
  });
  // Whoever uses it listens as well; until then, and while it ends, an error must not end the process.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function close(client: Client | undefined): Promise<void> {
  await client?.end().catch(() => undefined);
}
