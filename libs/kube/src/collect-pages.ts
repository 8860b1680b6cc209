import type { Selection } from "./kube-api";
import { isExpired } from "./kube-error";
import type { Kind, KubeObject } from "./kube-object";
import type { WatchSource } from "./watch-source";

export const DEFAULT_PAGE_SIZE = 500;

export interface Collection {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

/**
 * Every object of a selection, page by page, from one snapshot. A snapshot that expires between two pages is given up for
 * a new one, once: the caller decides how long to wait before it tries any further.
 */
export async function collectPages(
  source: WatchSource,
  kind: Kind,
  selection: Selection & { readonly limit?: number },
  signal: AbortSignal = new AbortController().signal,
): Promise<Collection> {
  const page = { ...selection, limit: selection.limit ?? DEFAULT_PAGE_SIZE };
  try {
    return await collectOnce(source, kind, page, signal);
  } catch (error) {
    if (!isExpired(error)) throw error;
    return collectOnce(source, kind, page, signal);
  }
}

async function collectOnce(
  source: WatchSource,
  kind: Kind,
  page: Selection & { readonly limit: number },
  signal: AbortSignal,
): Promise<Collection> {
  const items: KubeObject[] = [];
  let continueToken: string | undefined;
  for (;;) {
    const answer = await source.listPage(
      kind,
      continueToken === undefined ? page : { ...page, continueToken },
      signal,
    );
    for (const item of answer.items) items.push(item);
    if (answer.continueToken === undefined)
      return { items, resourceVersion: answer.resourceVersion };
    continueToken = answer.continueToken;
  }
}
