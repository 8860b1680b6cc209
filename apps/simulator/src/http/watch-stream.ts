import type { ServerResponse } from "node:http";
import type { ResourceApi } from "../api/resource-api";
import { bookmark, openWatch, type WatchEvent } from "../api/watches";
import { forbiddenValue } from "../schema/field-error";
import { partialObject, wantsMetadataOnly } from "./metadata-only";
import { badOption, isTrue, selectorOf, wholeNumber } from "./query";
import type { ResourceRequest } from "./resource-handler";

const SLOW_READER_BYTES = 16 * 1024 * 1024;
const BOOKMARK_BEFORE_END_MS = 2_000;

export interface WatchTimes {
  /** Between bookmarks, when a client asks for them. */
  readonly bookmarkMs: number;
  /** How long a watch lasts when the client names no timeout. */
  readonly defaultTimeoutMs: number;
}

/** Serves a watch as the API does: one JSON document per line until its time is over or the client goes. */
export class WatchStreams {
  /** Of every open watch, so that the end of a kind or of the server ends them. */
  private readonly open = new Map<() => void, string>();

  constructor(
    private readonly api: ResourceApi,
    private readonly times: WatchTimes,
  ) {}

  /** Throws StatusError before anything is sent; afterwards errors are events. */
  serve(call: ResourceRequest, response: ServerResponse): void {
    const { query, target } = call;
    const hasBookmarks = isTrue(query, "allowWatchBookmarks");
    const hasInitialEvents = isTrue(query, "sendInitialEvents");
    if (hasInitialEvents) requireInitialEventsOptions(query);
    const selector = selectorOf(query, target.type);
    const timeoutMs =
      wholeNumber(query, "timeoutSeconds") * 1_000 ||
      this.times.defaultTimeoutMs;
    const resourceVersion = query.get("resourceVersion") ?? undefined;
    const waiting: WatchEvent[] = [];
    let deliver: (event: WatchEvent) => void = (event) => waiting.push(event);
    const stop = openWatch(
      this.api.store,
      target,
      { selector, resourceVersion, hasInitialEvents },
      (event) => deliver(event),
    );
    const view = wantsMetadataOnly(call.request) ? partialEvent : whole;
    deliver = (event) => send(response, view(event));
    response.writeHead(200, {
      "content-type": "application/json",
      "transfer-encoding": "chunked",
    });
    response.flushHeaders();
    waiting.forEach(deliver);
    if (!stop) response.end();
    else
      this.keepOpen(call, response, {
        stop,
        timeoutMs,
        sendBookmark: hasBookmarks
          ? () => deliver(bookmark(target, this.api.store.revision))
          : () => undefined,
      });
  }

  /** Ends the watches of a resource that is served no longer, or all of them. */
  end(resource?: string): void {
    for (const [finish, own] of this.open)
      if (resource === undefined || own === resource) finish();
  }

  private keepOpen(
    { target }: ResourceRequest,
    response: ServerResponse,
    watch: {
      readonly stop: () => void;
      readonly timeoutMs: number;
      readonly sendBookmark: () => void;
    },
  ): void {
    const bookmarks = setInterval(watch.sendBookmark, this.times.bookmarkMs);
    const last = setTimeout(
      watch.sendBookmark,
      Math.max(0, watch.timeoutMs - BOOKMARK_BEFORE_END_MS),
    );
    const finish = () => response.end();
    const end = setTimeout(finish, watch.timeoutMs);
    this.open.set(finish, `${target.type.plural}.${target.type.group}`);
    response.on("close", () => {
      watch.stop();
      clearInterval(bookmarks);
      clearTimeout(last);
      clearTimeout(end);
      this.open.delete(finish);
    });
  }
}

function whole(event: WatchEvent): WatchEvent {
  return event;
}

/** What goes wrong is told in full. */
function partialEvent(event: WatchEvent): WatchEvent {
  return event.type === "ERROR"
    ? event
    : { ...event, object: partialObject(event.object) };
}

/** The text of an object, made once however many watch it. */
const texts = new WeakMap<object, string>();

function send(response: ServerResponse, event: WatchEvent): void {
  if (response.writableEnded || response.destroyed) return;
  let text = texts.get(event.object);
  if (text === undefined) {
    text = JSON.stringify(event.object);
    texts.set(event.object, text);
  }
  response.write(`{"type":"${event.type}","object":${text}}\n`);
  // A reader that does not keep up is cut off, as the API server does; it lists and watches anew.
  if (response.writableLength > SLOW_READER_BYTES) response.destroy();
}

function requireInitialEventsOptions(query: URLSearchParams): void {
  if (query.get("resourceVersionMatch") !== "NotOlderThan")
    throw badOption(
      "ListOptions",
      forbiddenValue(
        "resourceVersionMatch",
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      ),
    );
}
