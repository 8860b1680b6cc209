import type { z } from "zod";
import { type Attempt, errorOfStatusObject } from "./api-status";
import { decodeJson } from "./decode-json";
import type { Selection } from "./kube-api";
import { LIMITS } from "./kube-connection";
import type { Kind, KubeObject } from "./kube-object";
import type { KubeRequester } from "./kube-requester";
import {
  asKubeObject,
  asMetadata,
  bookmarkSchema,
  listSchema,
  objectSchema,
  watchLineSchema,
} from "./object-schema";
import { collectionPath } from "./resource-path";
import { splitLines } from "./split-lines";
import { type ListPage, type WatchEvent, WatchSource } from "./watch-source";

type Decoded = z.infer<typeof objectSchema>;

/** The server ends a watch after a random time between this and its double, so that watches don't all end together. */
const MIN_WATCH_SECONDS = 300;

/** Asks for bare metadata, and takes whole objects from a server that has none to offer. */
const metadataAs = (kind: string) =>
  `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
const METADATA_LIST = { accept: metadataAs("PartialObjectMetadataList") };
const METADATA_WATCH = { accept: metadataAs("PartialObjectMetadata") };

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
      { method: "GET", path, query, ...(page.metadataOnly && METADATA_LIST) },
      attempt,
      signal,
    );
    const list = decodeJson(text, listSchema, attempt.description);
    const next = list.metadata.continue;
    return {
      items: list.items.map((item) => asSelected(item, kind, page)),
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
      { method: "GET", path, query, ...(from.metadataOnly && METADATA_WATCH) },
      attempt,
      signal,
    );
    for await (const line of splitLines(chunks, LIMITS.watchLineBytes)) {
      const event = decodeEvent(line, attempt, (object) =>
        asSelected(object, kind, from),
      );
      if (event !== undefined) yield event;
    }
  }

  override forget(kind: Kind): void {
    this.requester.forget(kind);
  }
}

function asSelected(
  object: Decoded,
  kind: Kind,
  { metadataOnly }: Selection,
): KubeObject {
  return metadataOnly ? asMetadata(object, kind) : asKubeObject(object, kind);
}

function selectorQuery(selection: Selection): Record<string, string> {
  const { labelSelector, fieldSelector } = selection;
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** undefined for a type that a later API server may add: it carries no change that this version knows of. */
function decodeEvent(
  line: string,
  attempt: Attempt,
  convert: (object: Decoded) => KubeObject,
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
      return { type, object: convert(changed) };
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
