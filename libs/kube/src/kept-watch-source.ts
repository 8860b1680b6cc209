import type { Selection } from "./kube-api";
import type { Kind, KubeObject } from "./kube-object";
import { type ListPage, type WatchEvent, WatchSource } from "./watch-source";

/**
 * What of an object is held in memory; undefined: nothing, as if it weren't there. Called for every object that comes.
 * `metadata.managedFields`, often half of an object, has been left out before; name, namespace, uid and resourceVersion have
 * to stay, since a watch goes on from them.
 */
export type Keep = (object: KubeObject) => KubeObject | undefined;

/** A source that brings no more of its objects than somebody reads. */
export class KeptWatchSource extends WatchSource {
  constructor(
    private readonly source: WatchSource,
    private readonly keep: Keep = (object) => object,
  ) {
    super();
  }

  override async listPage(
    kind: Kind,
    page: Selection & {
      readonly limit: number;
      readonly continueToken?: string;
    },
    signal: AbortSignal,
  ): Promise<ListPage> {
    const { items, ...rest } = await this.source.listPage(kind, page, signal);
    const kept = items.map((item) => this.keep(withoutManagers(item)));
    return { ...rest, items: kept.filter((item) => item !== undefined) };
  }

  override async *watch(
    kind: Kind,
    from: Selection & { readonly resourceVersion: string },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    for await (const event of this.source.watch(kind, from, signal))
      yield event.type === "BOOKMARK"
        ? event
        : this.keptEvent(event.type, withoutManagers(event.object));
  }

  override forget(kind: Kind): void {
    this.source.forget(kind);
  }

  /** An object that changed into one that isn't held leaves as one that was deleted does. */
  private keptEvent(
    type: "ADDED" | "MODIFIED" | "DELETED",
    object: KubeObject,
  ): WatchEvent {
    const kept = this.keep(object);
    return kept === undefined
      ? { type: "DELETED", object }
      : { type, object: kept };
  }
}

function withoutManagers(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
