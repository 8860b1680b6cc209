import {
  type ApplyOptions,
  type DeleteOptions,
  type Kind,
  KubeApi,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
  type WriteOptions,
} from "@vworkspace/kube";

/** Thrown where an agent is killed. */
export class Killed extends Error {}

/** An API server whose client is killed right after one of its writes, before it learns of the answer. */
export class InterruptedApi extends KubeApi {
  /** `verb Kind name` */
  readonly writes: string[] = [];

  /** @param killedAt number of the write, from 1; none: never */
  constructor(
    private readonly api: KubeApi,
    private readonly killedAt?: number,
  ) {
    super();
  }

  override get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    return this.api.get<T>(ref);
  }

  override list<T extends KubeObject>(
    kind: Kind,
    options?: ListOptions,
  ): Promise<T[]> {
    return this.api.list<T>(kind, options);
  }

  override async create<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T> {
    const made = await this.api.create(object, options);
    this.note(`create ${object.kind} ${object.metadata.name}`);
    return made;
  }

  override apply<T extends KubeObject>(
    object: T,
    options: ApplyOptions,
  ): Promise<T> {
    return this.api.apply(object, options);
  }

  override patchStatus<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T> {
    return this.api.patchStatus(object, options);
  }

  override async patch<T extends KubeObject>(
    ref: ObjectRef,
    mergePatch: unknown,
    options: WriteOptions,
  ): Promise<T> {
    const patched = await this.api.patch<T>(ref, mergePatch, options);
    this.note(`patch ${ref.kind} ${ref.name}`);
    return patched;
  }

  override async delete(
    ref: ObjectRef,
    options?: DeleteOptions,
  ): Promise<void> {
    await this.api.delete(ref, options);
    this.note(`delete ${ref.kind} ${ref.name}`);
  }

  override serves(kind: Kind): Promise<boolean> {
    return this.api.serves(kind);
  }

  private note(write: string): void {
    this.writes.push(write);
    if (this.writes.length === this.killedAt) throw new Killed(write);
  }
}
