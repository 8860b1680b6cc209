import type { Selection } from "./kube-api";
import type { Kind, KubeObject } from "./kube-object";

/** One page of a list. */
export interface ListPage {
  readonly items: readonly KubeObject[];
  /** Of the snapshot the pages belong to; the last page's is where a watch continues. */
  readonly resourceVersion: string;
  /** Present while there are more pages. */
  readonly continueToken?: string;
}

/** One line of a watch. */
export type WatchEvent =
  | {
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      readonly object: KubeObject;
    }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** Where a Reflector gets its objects from; openKubeApi returns one. */
export abstract class WatchSource {
  /** One page of at most `limit` objects; fails with status 410 when the continue token has expired. */
  abstract listPage(
    kind: Kind,
    page: Selection & {
      readonly limit: number;
      readonly continueToken?: string;
    },
    signal: AbortSignal,
  ): Promise<ListPage>;

  /**
   * Changes after `resourceVersion`, until the server ends the watch (the iteration ends), or it breaks (KubeError; status
   * 410: the version is too old, list again), or `signal` aborts.
   */
  abstract watch(
    kind: Kind,
    from: Selection & { readonly resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent>;

  /** Something suggests that the kind began or ceased to be served: what is remembered about it is looked up anew. */
  forget(_kind: Kind): void {
    // A source that remembers nothing has nothing to forget.
  }
}
