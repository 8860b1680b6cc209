import type { Selection } from "../kube-api";
import { KindMissingError, KubeError, LOCAL_REASONS } from "../kube-error";
import { keyOf, type Kind, type KubeObject } from "../kube-object";
import { type ListPage, type WatchEvent, WatchSource } from "../watch-source";

interface Change {
  readonly version: number;
  readonly event: WatchEvent;
}

/** What wakes an open watch: a change, a bookmark, an error, or (undefined) its end. */
type Wake = WatchEvent | Error | undefined;

/** One kind of an API server in memory: versions, history that can be compacted, watches that can be cut. */
export class FakeWatchSource extends WatchSource {
  lists = 0;
  watches = 0;
  isServed = true;
  /** Thrown by the next requests, one each. */
  readonly failures: Error[] = [];

  private version = 100;
  private compactedAt = 100;
  private readonly objects = new Map<string, KubeObject>();
  private history: Change[] = [];
  private readonly open = new Set<(wake: Wake) => void>();

  constructor(private readonly kind: Kind) {
    super();
  }

  get openWatches(): number {
    return this.open.size;
  }

  put(name: string, uid = `uid-${name}`): void {
    this.version += 1;
    const object: KubeObject = {
      ...this.kind,
      metadata: {
        namespace: "shop",
        name,
        uid,
        resourceVersion: String(this.version),
      },
    };
    const type = this.objects.has(keyOf(object)) ? "MODIFIED" : "ADDED";
    this.objects.set(keyOf(object), object);
    this.record({ type, object });
  }

  remove(name: string): void {
    const object = this.objects.get(`shop/${name}`);
    if (object === undefined) return;
    this.version += 1;
    this.objects.delete(`shop/${name}`);
    const resourceVersion = String(this.version);
    const metadata = { ...object.metadata, resourceVersion };
    this.record({ type: "DELETED", object: { ...object, metadata } });
  }

  /** Tells open watches how far they are. */
  bookmark(version = this.version): void {
    this.wakeAll({ type: "BOOKMARK", resourceVersion: String(version) });
  }

  /** Forgets the history: watches from before now are refused with 410. */
  compact(): void {
    this.version += 1;
    this.compactedAt = this.version;
    this.history = [];
  }

  /** Breaks open watches as a network does, or as the server does with an ERROR event. */
  breakWatches(error: Error = unreachable()): void {
    this.wakeAll(error);
  }

  /** Ends open watches as the server does after timeoutSeconds. */
  closeWatches(): void {
    this.wakeAll(undefined);
  }

  /** A backup of the server's data is restored. */
  goBackTo(version: number): void {
    this.version = version;
    this.compactedAt = 0;
    this.history = [];
  }

  override async listPage(
    _kind: Kind,
    page: Selection & {
      readonly limit: number;
      readonly continueToken?: string;
    },
    signal: AbortSignal,
  ): Promise<ListPage> {
    this.lists += 1;
    await this.arrive(signal);
    const [start, snapshot] = parseToken(page.continueToken, this.version);
    if (snapshot < this.compactedAt) throw expired();
    const all = [...this.objects.values()];
    const end = start + page.limit;
    return {
      items: all.slice(start, end),
      resourceVersion: String(snapshot),
      ...(end < all.length ? { continueToken: `${end}@${snapshot}` } : {}),
    };
  }

  override async *watch(
    _kind: Kind,
    from: Selection & { readonly resourceVersion: string },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    this.watches += 1;
    await this.arrive(signal);
    const since = Number(from.resourceVersion);
    if (since < this.compactedAt) throw expired();
    const past = this.history.filter((change) => change.version > since);
    yield* past.map((change) => change.event);
    yield* this.follow(signal);
  }

  private async *follow(signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const held: Wake[] = [];
    let notify = (): void => undefined;
    const take = (wake: Wake): void => {
      held.push(wake);
      notify();
    };
    const onAbort = (): void => take(undefined);
    this.open.add(take);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        if (held.length === 0)
          await new Promise<void>((resolve) => (notify = resolve));
        const wake = held.shift();
        if (wake instanceof Error) throw wake;
        if (wake === undefined) return;
        yield wake;
      }
    } finally {
      this.open.delete(take);
      signal.removeEventListener("abort", onAbort);
    }
  }

  private async arrive(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (!this.isServed)
      throw new KindMissingError("The kind is not served.", {
        status: 404,
        reason: "NotFound",
      });
  }

  private record(event: WatchEvent): void {
    this.history.push({ version: this.version, event });
    this.wakeAll(event);
  }

  private wakeAll(wake: Wake): void {
    for (const take of [...this.open]) take(wake);
  }
}

/** What a cut connection looks like. */
export function unreachable(): KubeError {
  return new KubeError("The connection was cut.", {
    status: 0,
    reason: LOCAL_REASONS.unreachable,
  });
}

/** What a version that is too old looks like. */
export function expired(): KubeError {
  return new KubeError("The version is too old.", {
    status: 410,
    reason: "Expired",
  });
}

function parseToken(
  token: string | undefined,
  version: number,
): [start: number, snapshot: number] {
  const [start = "0", snapshot = String(version)] = token?.split("@") ?? [];
  return [Number(start), Number(snapshot)];
}
