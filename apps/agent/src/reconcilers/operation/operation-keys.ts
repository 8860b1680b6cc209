import type { KubeObject } from "@vworkspace/kube";
import type { Operation } from "@vworkspace/resources";
import { hasEnded } from "./started.decide";

interface Known {
  readonly uid: string;
  readonly target: string;
}

/**
 * Which target a change concerns: a deleted object leaves no more than its key, so what it was about is remembered. Operations
 * that have ended want nothing of their target.
 */
export class OperationKeys {
  private readonly operations = new Map<string, Known>();
  /** Target by the operation's uid. */
  private readonly byUid = new Map<string, string>();

  /** Targets, as `namespace/name`, that somebody wants something of. */
  get targets(): ReadonlySet<string> {
    return new Set(this.byUid.values());
  }

  isTarget(key: string): boolean {
    return this.targets.has(key);
  }

  /** @param key of an operation @returns its target, if something may be to be done */
  targetOf(key: string, object: KubeObject | undefined): string | undefined {
    const known = this.operations.get(key);
    if (object === undefined) {
      this.operations.delete(key);
      if (known) this.byUid.delete(known.uid);
      return known?.target;
    }
    const { metadata, spec } = object as unknown as Operation;
    const { uid = "", namespace = "" } = metadata;
    const target = `${namespace}/${spec.targetRef.name}`;
    if (known && known.uid !== uid) this.byUid.delete(known.uid);
    this.operations.set(key, { uid, target });
    if (isDone(object as unknown as Operation)) this.byUid.delete(uid);
    else this.byUid.set(uid, target);
    return target;
  }
}

function isDone(operation: Operation): boolean {
  return (
    hasEnded(operation) && (operation.metadata.finalizers ?? []).length === 0
  );
}
