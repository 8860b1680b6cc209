import type { Kind, KubeObject, ObjectRef } from "@vworkspace/kube";

export type ChangeListener = (
  key: string,
  object: KubeObject | undefined,
) => void;

/** What the agent sees of the cluster without asking: the objects of the kinds it watches, and their changes. */
export abstract class Watches {
  abstract isWatched(kind: Kind): boolean;
  /** The objects of a watched kind by `namespace/name`, as last seen; shared, so don't change them. */
  abstract objects(kind: Kind): ReadonlyMap<string, KubeObject>;
  /** Whether it is known which objects of the kind there are. */
  abstract hasSynced(kind: Kind): boolean;
  /** Whether the API server serves the kind, as last seen. */
  abstract isServed(kind: Kind): boolean;
  /** Calls back on every change of an object of the kind, and now and then without one. */
  abstract onChange(kind: Kind, listener: ChangeListener): () => void;
  /** Calls back when the API server begins or ceases to serve the kind. */
  abstract onServed(kind: Kind, listener: () => void): () => void;

  object(ref: ObjectRef): KubeObject | undefined {
    const key =
      ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
    return this.objects(ref).get(key);
  }
}
