import type { KubeObject, Reflector } from "@vworkspace/kube";

/** The objects of one kind, however many reflectors it takes to see them. */
export interface KindWatch {
  readonly store: ReadonlyMap<string, KubeObject>;
  readonly hasSynced: boolean;
  readonly isServed: boolean;
  /** Whether the store is what the API server has now, as far as one can tell. */
  readonly isCurrent: boolean;
  /** Of one namespace, or (without one) of any. */
  isDenied(namespace?: string): boolean;
  /** Resolves once hasSynced, or the watch has ended. */
  waitForSync(): Promise<void>;
  /** Tries at once what is missing or denied. */
  poke(): void;
  /** Runs until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** One reflector sees all of the kind. */
export class WholeKindWatch implements KindWatch {
  constructor(private readonly reflector: Reflector<KubeObject>) {}

  get store(): ReadonlyMap<string, KubeObject> {
    return this.reflector.store;
  }

  get hasSynced(): boolean {
    return this.reflector.hasSynced;
  }

  get isServed(): boolean {
    return this.reflector.isServed;
  }

  get isCurrent(): boolean {
    return this.reflector.isCurrent;
  }

  isDenied(): boolean {
    return this.reflector.isDenied;
  }

  async waitForSync(): Promise<void> {
    await this.reflector.waitForSync();
  }

  poke(): void {
    this.reflector.poke();
  }

  run(signal: AbortSignal): Promise<void> {
    return this.reflector.start(signal);
  }
}
