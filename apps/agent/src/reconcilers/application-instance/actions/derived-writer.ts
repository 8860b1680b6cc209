import {
  ConflictError,
  KubeApi,
  KubeError,
  type KubeObject,
} from "@vworkspace/kube";
import {
  ANNOTATIONS,
  type ApplicationInstance,
  FIELD_MANAGERS,
} from "@vworkspace/resources";
import { isStaleRead } from "../../../kube-failures";
import { DESIRED_DIGEST, isAsDesired } from "../desired";

/**
 * Writes the Flux objects of instances. It remembers two things for as long as the process lives: what the API server
 * refused, so that the status can say it, and what it took but changed, so that it isn't written over and over.
 */
export class DerivedWriter {
  private readonly refusals = new Map<string, string>();
  /** Uid of a derived object → its generation after our last write. */
  private readonly taken = new Map<string, number>();

  constructor(private readonly api: KubeApi) {}

  /** Why the last write for this instance was refused; undefined where it was not. */
  refusal(instance: ApplicationInstance): string | undefined {
    return this.refusals.get(keyOf(instance));
  }

  forget(instanceKey: string): void {
    this.refusals.delete(instanceKey);
  }

  /** Whether nothing needs to be written: it is as desired, or as near to it as the API server lets it be. */
  isDone(actual: KubeObject | undefined, desired: KubeObject): boolean {
    if (actual === undefined) return false;
    if (isAsDesired(actual, desired)) return true;
    const { uid = "", generation, annotations } = actual.metadata;
    const isSameWish =
      annotations?.[DESIRED_DIGEST] ===
      desired.metadata.annotations?.[DESIRED_DIGEST];
    return isSameWish && this.taken.get(uid) === generation;
  }

  /**
   * Applies a derived object. Fields that others own are not taken from them, but for annotations (whoever asks Flux to
   * reconcile sets the same one) and where the instance says adopt.
   * @returns whether it was written; if not, refusal() says why
   * @throws KubeError that may pass by itself
   */
  async apply(
    instance: ApplicationInstance,
    object: KubeObject,
  ): Promise<boolean> {
    try {
      const written = await this.applyOver(instance, object);
      this.remember(written, object);
      this.refusals.delete(keyOf(instance));
      return true;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.isRetryable || isStaleRead(error)) throw error;
      this.refusals.set(keyOf(instance), refusalText(error, object));
      return false;
    }
  }

  private async applyOver(
    instance: ApplicationInstance,
    object: KubeObject,
  ): Promise<KubeObject> {
    const fieldManager = FIELD_MANAGERS.operator;
    const isAdopting =
      instance.metadata.annotations?.[ANNOTATIONS.adopt] === "true";
    try {
      return await this.api.apply(object, { fieldManager, force: isAdopting });
    } catch (error) {
      const isTrifle =
        error instanceof ConflictError &&
        error.conflicts.every(({ field }) =>
          field.startsWith(".metadata.annotations"),
        );
      if (!isTrifle) throw error;
      return this.api.apply(object, { fieldManager, force: true });
    }
  }

  private remember(written: KubeObject, desired: KubeObject): void {
    const { uid, generation } = written.metadata;
    if (uid === undefined) return;
    if (isAsDesired(written, desired)) this.taken.delete(uid);
    else if (generation !== undefined) this.taken.set(uid, generation);
  }
}

function keyOf({ metadata }: ApplicationInstance): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function refusalText(error: KubeError, object: KubeObject): string {
  const what = `${object.kind} ${object.metadata.name}`;
  if (!(error instanceof ConflictError)) return `${what}: ${error.message}`;
  const fields = error.conflicts
    .map(({ manager, field }) => `${field} is owned by ${manager}`)
    .join("; ");
  return `${what}: ${fields}; undo that change, or remove the field manager`;
}
