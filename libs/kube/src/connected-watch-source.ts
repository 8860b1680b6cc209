import { type Attempt, errorOfStatusObject } from "./api-status";
import { decodeJson } from "./decode-json";
import type { Selection } from "./kube-api";
import { LIMITS } from "./kube-connection";
import type { Kind } from "./kube-object";
import type { KubeRequester } from "./kube-requester";
import {
  asKubeObject,
  bookmarkSchema,
  listSchema,
  objectSchema,
  watchLineSchema,
} from "./object-schema";
import { collectionPath } from "./resource-path";
import { splitLines } from "./split-lines";
import { type ListPage, type WatchEvent, WatchSource } from "./watch-source";

/** The server ends a watch after a random time between this and its double, so that watches don't all end together. */
const MIN_WATCH_SECONDS = 300;

/** Lists and watches of an API server. */
export class ConnectedWatchSource extends WatchSource {
  constructor(
    private readonly requester: KubeRequester,
    private readonly random: () => number,
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
    const resource = await this.requester.resourceOf(kind);
    const attempt = { description: `list ${kind.kind}`, kind: kind.kind };
    const path = collectionPath(resource, page.namespace);
    const { continueToken } = page;
    const query = {
      limit: String(page.limit),
      ...selectorQuery(page),
      ...(continueToken === undefined ? {} : { continue: continueToken }),
    };
    const text = await this.requester.send(
      kind,
      { method: "GET", path, query },
      attempt,
      signal,
    );
    const list = decodeJson(text, listSchema, attempt.description);
    const next = list.metadata.continue;
    return {
      items: list.items.map((item) => asKubeObject(item, kind)),
      resourceVersion: list.metadata.resourceVersion,
      ...(next ? { continueToken: next } : {}),
    };
  }

  override async *watch(
    kind: Kind,
    from: Selection & { readonly resourceVersion: string },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const resource = await this.requester.resourceOf(kind);
    const attempt = { description: `watch ${kind.kind}`, kind: kind.kind };
    const path = collectionPath(resource, from.namespace);
    const query = {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: from.resourceVersion,
      timeoutSeconds: String(
        Math.round(MIN_WATCH_SECONDS * (1 + this.random())),
      ),
      ...selectorQuery(from),
    };
    const chunks = await this.requester.open(
      kind,
      { method: "GET", path, query },
      attempt,
      signal,
    );
    for await (const line of splitLines(chunks, LIMITS.watchLineBytes)) {
      const event = decodeEvent(line, kind, attempt);
      if (event !== undefined) yield event;
    }
  }
}

function selectorQuery(selection: Selection): Record<string, string> {
  const { labelSelector } = selection;
  return labelSelector === undefined ? {} : { labelSelector };
}

/** undefined for a type that a later API server may add: it carries no change that this version knows of. */
function decodeEvent(
  line: string,
  kind: Kind,
  attempt: Attempt,
): WatchEvent | undefined {
  const { type, object } = decodeJson(
    line,
    watchLineSchema,
    attempt.description,
  );
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED": {
      const changed = decodeJson(object, objectSchema, attempt.description);
      return { type, object: asKubeObject(changed, kind) };
    }
    case "BOOKMARK": {
      const { metadata } = decodeJson(
        object,
        bookmarkSchema,
        attempt.description,
      );
      return { type, resourceVersion: metadata.resourceVersion };
    }
    case "ERROR":
      throw errorOfStatusObject(object, attempt);
    default:
      return undefined;
  }
}
