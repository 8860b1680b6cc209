import { newId } from "@vworkspace/kernel";
import {
  type ApplyOptions,
  type DeleteOptions,
  type Kind,
  KubeApi,
  KubeError,
  keyOf,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
  type WriteOptions,
} from "@vworkspace/kube";

/**
 * Objects in memory with what the agent relies on: uids, versions and generations, preconditions, finalizers. Knows no field
 * ownership; for that there are the cluster specs.
 */
export class MemoryKubeApi extends KubeApi {
  readonly objects = new Map<string, KubeObject>();
  /** `verb Kind namespace/name`, writes only. */
  readonly writes: string[] = [];
  /** Called before every write; may change what is there, or throw. */
  beforeWrite: (write: string) => void = () => undefined;
  /** Called after a status is written; may throw, as if its answer got lost. */
  afterStatus: () => void = () => undefined;
  private version = 0;

  /** Puts an object there as somebody else would. */
  put(object: KubeObject): KubeObject {
    const stored = this.versioned(object, this.objects.get(idOf(object)));
    this.objects.set(idOf(object), stored);
    return stored;
  }

  override get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    const found = this.objects.get(idOfRef(ref));
    return Promise.resolve(found && (structuredClone(found) as T));
  }

  override list<T extends KubeObject>(
    kind: Kind,
    options: ListOptions = {},
  ): Promise<T[]> {
    const wanted = (options.labelSelector ?? "").split(",").filter(Boolean);
    const found = [...this.objects.values()].filter(
      (object) =>
        object.kind === kind.kind &&
        (options.namespace ?? object.metadata.namespace) ===
          object.metadata.namespace &&
        wanted.every((term) => {
          const [label = "", value] = term.split("=");
          return object.metadata.labels?.[label] === value;
        }),
    );
    return Promise.resolve(structuredClone(found) as T[]);
  }

  override async create<T extends KubeObject>(
    object: T,
    _options: WriteOptions,
  ): Promise<T> {
    await this.note("create", object);
    if (this.objects.has(idOf(object)))
      throw new KubeError("exists", { status: 409, reason: "AlreadyExists" });
    return this.put(object) as T;
  }

  override async apply<T extends KubeObject>(
    object: T,
    _options: ApplyOptions,
  ): Promise<T> {
    await this.note("apply", object);
    const old = this.objects.get(idOf(object));
    const { uid, resourceVersion } = object.metadata;
    this.demand(old, { uid, resourceVersion });
    const { metadata, ...body } = object;
    return this.put({
      ...old,
      ...body,
      metadata: {
        ...old?.metadata,
        ...metadata,
        labels: { ...old?.metadata.labels, ...metadata.labels },
        annotations: { ...old?.metadata.annotations, ...metadata.annotations },
      },
    } as T) as T;
  }

  override async patchStatus<T extends KubeObject>(
    object: T,
    _options: WriteOptions,
  ): Promise<T> {
    await this.note("status", object);
    const old = this.objects.get(idOf(object));
    this.demand(old, { resourceVersion: object.metadata.resourceVersion });
    const written = this.put({
      ...old,
      status: object["status"],
    } as unknown as T);
    this.afterStatus();
    return written as T;
  }

  override async patch<T extends KubeObject>(
    ref: ObjectRef,
    mergePatch: unknown,
    _options: WriteOptions,
  ): Promise<T> {
    const { metadata = {}, spec } = mergePatch as {
      metadata?: Partial<KubeObject["metadata"]>;
      spec?: object;
    };
    const found = this.objects.get(idOfRef(ref));
    if (found === undefined)
      throw new KubeError("gone", { status: 404, reason: "NotFound" });
    await this.note("patch", found);
    const old = this.objects.get(idOfRef(ref)) ?? found;
    this.demand(old, { resourceVersion: metadata.resourceVersion });
    const next = this.put({
      ...old,
      ...(spec && { spec: { ...(old["spec"] as object), ...spec } }),
      metadata: {
        ...old.metadata,
        ...metadata,
        annotations: { ...old.metadata.annotations, ...metadata.annotations },
      },
    });
    this.dropIfDone(next);
    return next as T;
  }

  override async delete(
    ref: ObjectRef,
    options: DeleteOptions = {},
  ): Promise<void> {
    const found = this.objects.get(idOfRef(ref));
    if (found === undefined) return;
    await this.note("delete", found);
    const old = this.objects.get(idOfRef(ref)) ?? found;
    this.demand(old, options);
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    this.dropIfDone(
      this.put({ ...old, metadata: { ...old.metadata, deletionTimestamp } }),
    );
  }

  override serves(): Promise<boolean> {
    return Promise.resolve(true);
  }

  private async note(verb: string, object: KubeObject): Promise<void> {
    await Promise.resolve();
    const write = `${verb} ${object.kind} ${keyOf(object)}`;
    this.beforeWrite(write);
    this.writes.push(write);
  }

  private demand(
    old: KubeObject | undefined,
    wanted:
      | DeleteOptions
      | { uid?: string | undefined; resourceVersion?: string | undefined },
  ): void {
    const isStale =
      (wanted.uid !== undefined && wanted.uid !== old?.metadata.uid) ||
      (wanted.resourceVersion !== undefined &&
        old !== undefined &&
        wanted.resourceVersion !== old.metadata.resourceVersion);
    if (isStale)
      throw new KubeError("modified", { status: 409, reason: "Conflict" });
  }

  private versioned(object: KubeObject, old?: KubeObject): KubeObject {
    this.version += 1;
    const { metadata } = object;
    const known = old?.metadata ?? {
      uid: metadata.uid ?? newId(),
      creationTimestamp: metadata.creationTimestamp ?? "2026-01-01T00:00:00Z",
    };
    return structuredClone({
      ...object,
      metadata: {
        ...metadata,
        uid: known.uid ?? newId(),
        creationTimestamp: known.creationTimestamp ?? "2026-01-01T00:00:00Z",
        resourceVersion: String(this.version),
        generation: nextGeneration(object, old),
      },
    });
  }

  private dropIfDone(object: KubeObject): void {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0)
      this.objects.delete(idOf(object));
  }
}

/** Kubernetes counts changes of the spec, not of labels or status. */
function nextGeneration(object: KubeObject, old?: KubeObject): number {
  const isChanged =
    JSON.stringify(object["spec"]) !== JSON.stringify(old?.["spec"]);
  const generation = old?.metadata.generation ?? 0;
  return old === undefined || isChanged ? generation + 1 : generation;
}

function idOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

function idOfRef({ kind, namespace, name }: ObjectRef): string {
  return idOf({
    apiVersion: "",
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  });
}
