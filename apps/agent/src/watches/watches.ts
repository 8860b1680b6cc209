import type { KubeObject, ObjectRef } from "@vworkspace/kube";
import type { WatchKey } from "./watched-kinds";

export type ChangeListener = (
  key: string,
  object: KubeObject | undefined,
) => void;

/** What the agent sees of the cluster without asking: the objects of the kinds it watches, and their changes. */
export abstract class Watches {
  abstract isWatched(kind: WatchKey): boolean;
  /** The objects of a watched kind by `namespace/name`, as last seen; shared, so don't change them. */
  abstract objects(kind: WatchKey): ReadonlyMap<string, KubeObject>;
  /** Whether it is known which objects of the kind there are. */
  abstract hasSynced(kind: WatchKey): boolean;
  /** Resolves once hasSynced, or the watches have ended. */
  abstract whenSynced(kind: WatchKey): Promise<void>;
  /**
   * Whether what is seen of the kind is what there is now, as far as one can tell: no when it is denied, or when the API
   * server can't be reached. What is told to others as the whole truth rests on this.
   */
  isCurrent(kind: WatchKey): boolean {
    return this.hasSynced(kind) && !this.isDenied(kind);
  }

  /** Whether the API server serves the kind, as last seen. */
  abstract isServed(kind: WatchKey): boolean;
  /**
   * Whether the cluster forbids the agent to list or watch the kind, in one namespace or (without one) in any: what is seen
   * of it is old, or nothing. It is tried again now and then.
   */
  abstract isDenied(kind: WatchKey, namespace?: string): boolean;
  /** Calls back on every change of an object of the kind, and now and then without one. */
  abstract onChange(kind: WatchKey, listener: ChangeListener): () => void;
  /** Calls back when the API server begins or ceases to serve the kind, or to forbid it. */
  abstract onServed(kind: WatchKey, listener: () => void): () => void;

  object(ref: ObjectRef): KubeObject | undefined {
    const key =
      ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
    return this.objects(ref).get(key);
  }
}
