import type { KubeObject, Reflector } from "@vworkspace/kube";
import type { KindWatch } from "./kind-watch";
import type { ChangeListener } from "./watches";

interface Followed {
  readonly reflector: Reflector<KubeObject>;
  readonly stop: AbortController;
}

export interface PerNamespaceWatchOptions {
  /** The opted-in namespaces. */
  readonly namespaces: KindWatch;
  /** A reflector of one namespace. */
  readonly reflect: (
    namespace: string,
    onChange: ChangeListener,
  ) => Reflector<KubeObject>;
  readonly onChange: ChangeListener;
}

/**
 * A reflector per namespace that opted in; it comes and goes with the namespace's label. What was seen in a namespace that
 * opted out is seen no more.
 */
export class PerNamespaceWatch implements KindWatch {
  private readonly objects = new Map<string, KubeObject>();
  private readonly followed = new Map<string, Followed>();
  private readonly running = new Set<Promise<void>>();
  private signal: AbortSignal | undefined;

  constructor(private readonly options: PerNamespaceWatchOptions) {}

  get store(): ReadonlyMap<string, KubeObject> {
    return this.objects;
  }

  get hasSynced(): boolean {
    return (
      this.options.namespaces.hasSynced &&
      this.reflectors().every(({ hasSynced }) => hasSynced)
    );
  }

  /** Kinds that are watched so are the API server's own. */
  get isServed(): boolean {
    return this.hasSynced;
  }

  get isCurrent(): boolean {
    return (
      this.options.namespaces.isCurrent &&
      this.reflectors().every(({ isCurrent }) => isCurrent)
    );
  }

  isDenied(namespace?: string): boolean {
    if (namespace === undefined)
      return this.reflectors().some(({ isDenied }) => isDenied);
    return this.followed.get(namespace)?.reflector.isDenied ?? false;
  }

  async waitForSync(): Promise<void> {
    await this.options.namespaces.waitForSync();
    await Promise.all(this.reflectors().map((one) => one.waitForSync()));
  }

  poke(): void {
    for (const reflector of this.reflectors()) reflector.poke();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    for (const { reflector, stop } of this.followed.values())
      this.start(reflector, stop.signal);
    await aborted(signal);
    await Promise.all(this.running);
  }

  /** Whether the namespace is among those that opted in. */
  follow(namespace: string, hasOptedIn: boolean): void {
    if (this.followed.has(namespace) === hasOptedIn) return;
    if (!hasOptedIn) return this.leave(namespace);
    const stop = new AbortController();
    const reflector = this.options.reflect(namespace, (key, object) => {
      if (!stop.signal.aborted) this.note(key, object);
    });
    this.followed.set(namespace, { reflector, stop });
    this.start(reflector, stop.signal);
  }

  private leave(namespace: string): void {
    this.followed.get(namespace)?.stop.abort();
    this.followed.delete(namespace);
    for (const key of [...this.objects.keys()])
      if (key.startsWith(`${namespace}/`)) this.note(key, undefined);
  }

  private start(reflector: Reflector<KubeObject>, stop: AbortSignal): void {
    if (this.signal === undefined) return;
    const either = AbortSignal.any([this.signal, stop]);
    const run: Promise<void> = reflector
      .start(either)
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private note(key: string, object: KubeObject | undefined): void {
    if (object === undefined) this.objects.delete(key);
    else this.objects.set(key, object);
    this.options.onChange(key, object);
  }

  private reflectors(): Reflector<KubeObject>[] {
    return [...this.followed.values()].map(({ reflector }) => reflector);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
