import {
  ConflictError,
  KubeApi,
  KubeError,
  type KubeObject,
  refOf,
} from "@vworkspace/kube";
import {
  ANNOTATIONS,
  type ApplicationInstance,
  FIELD_MANAGERS,
} from "@vworkspace/resources";
import { isStaleRead } from "../../../kube-failures";
import { DESIRED_DIGEST, isAsDesired, isDerivedFrom } from "../derived-object";
import type { Observation } from "../observation";

/** Why the last write for an instance came to nothing. */
export type Refusal = Pick<Observation, "refusedWrite" | "fieldConflict">;

/** What is remembered of the writes for one instance. */
interface Memory {
  refusal?: Refusal;
  /** Kind of a derived object → uid and generation after our last write. */
  readonly taken: Map<string, string>;
}

const NOTHING: Refusal = {};

/**
 * Writes the Flux objects of instances. It remembers two things for as long as the process lives: what the API server
 * refused, so that the status can say it, and what it took but changed, so that it isn't written over and over.
 */
export class DerivedWriter {
  private readonly memories = new Map<string, Memory>();

  constructor(private readonly api: KubeApi) {}

  /** Why the last write for this instance was refused; empty where it was not. */
  refusal(instance: ApplicationInstance): Refusal {
    return this.memories.get(keyOf(instance))?.refusal ?? NOTHING;
  }

  forget(instanceKey: string): void {
    this.memories.delete(instanceKey);
  }

  /** Whether nothing needs to be written: it is as desired, or as near to it as the API server lets it be. */
  isDone(
    instance: ApplicationInstance,
    actual: KubeObject | undefined,
    desired: KubeObject,
  ): boolean {
    if (actual === undefined) return false;
    if (isAsDesired(actual, desired)) return true;
    const isSameWish =
      actual.metadata.annotations?.[DESIRED_DIGEST] ===
      desired.metadata.annotations?.[DESIRED_DIGEST];
    const taken = this.memories.get(keyOf(instance))?.taken.get(actual.kind);
    return isSameWish && taken === revisionOf(actual);
  }

  /**
   * Applies a derived object onto what stands there, and onto nothing else. What isn't ours is never touched, unless the
   * instance says adopt. Fields that others own are taken from them only by `force`, in the moment of adoption, or where they
   * are annotations (whoever asks Flux to reconcile sets the same one). What an operation of ours patched is nobody else's.
   * @returns whether to look again at once; if not, refusal() says why it wasn't written
   * @throws KubeError that may pass by itself
   */
  async apply(
    instance: ApplicationInstance,
    object: KubeObject,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<boolean> {
    const actual = await this.api.get(refOf(object));
    const isTheirs = isForeign(instance, actual);
    // Somebody was quicker: what is seen next time decides.
    if (isTheirs && !mayAdopt(instance)) return true;
    const memory = this.memoryOf(instance);
    try {
      const written = await this.applyOver(actual, object, force || isTheirs);
      remember(memory, written, object);
      forgetRefusal(memory, object);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      memory.refusal = refusalOf(error, object);
      return false;
    }
  }

  /** Under the uid of what was read, so that nothing is forced onto an object that took its place meanwhile. */
  private async applyOver(
    actual: KubeObject | undefined,
    object: KubeObject,
    force: boolean,
  ): Promise<KubeObject> {
    const fieldManager = FIELD_MANAGERS.operator;
    const uid = actual?.metadata.uid;
    const fenced =
      uid === undefined
        ? object
        : { ...object, metadata: { ...object.metadata, uid } };
    try {
      return await this.api.apply(fenced, {
        fieldManager,
        force: force && uid !== undefined,
      });
    } catch (error) {
      const isTrifle =
        error instanceof ConflictError &&
        error.conflicts.every(
          ({ field, manager }) =>
            field.startsWith(".metadata.annotations") ||
            manager === fieldManager,
        );
      if (!isTrifle || uid === undefined) throw error;
      return this.api.apply(fenced, { fieldManager, force: true });
    }
  }

  private memoryOf(instance: ApplicationInstance): Memory {
    const key = keyOf(instance);
    const memory = this.memories.get(key) ?? { taken: new Map() };
    this.memories.set(key, memory);
    return memory;
  }
}

function mayAdopt({ metadata }: ApplicationInstance): boolean {
  return metadata.annotations?.[ANNOTATIONS.adopt] === "true";
}

function isForeign(
  { metadata }: ApplicationInstance,
  actual: KubeObject | undefined,
): boolean {
  return actual !== undefined && !isDerivedFrom(actual, metadata.name);
}

/** Neither passes by itself nor comes of an old read. */
function isRefusal(error: unknown): error is KubeError {
  return (
    error instanceof KubeError && !error.isRetryable && !isStaleRead(error)
  );
}

function remember(
  { taken }: Memory,
  written: KubeObject,
  desired: KubeObject,
): void {
  if (isAsDesired(written, desired)) taken.delete(written.kind);
  else taken.set(written.kind, revisionOf(written));
}

function revisionOf({ metadata }: KubeObject): string {
  return `${metadata.uid} ${metadata.generation}`;
}

function keyOf({ metadata }: ApplicationInstance): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** A conflict over another object of the instance is still one. */
function forgetRefusal(memory: Memory, written: KubeObject): void {
  const about = memory.refusal?.fieldConflict?.object;
  if (about === undefined || about === nameOf(written)) delete memory.refusal;
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}

function refusalOf(error: KubeError, derived: KubeObject): Refusal {
  const object = nameOf(derived);
  return error instanceof ConflictError
    ? { fieldConflict: { object, fields: error.conflicts } }
    : { refusedWrite: `${object}: ${error.message}` };
}
