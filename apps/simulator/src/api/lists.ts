import type { KubeObject } from "../kube-object";
import { storageKey } from "../resources/resource-type";
import { forbiddenValue, invalid } from "../schema/field-error";
import type { Store } from "../store/store";
import type { Selector } from "./selectors";
import {
  badRequest,
  expired,
  notImplemented,
  tooLargeResourceVersion,
} from "./status-error";
import type { Target } from "./write-request";

export interface ListQuery {
  /** Undefined: everything. */
  readonly selector?: Selector;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

export interface ListPage {
  readonly resourceVersion: number;
  readonly items: readonly KubeObject[];
  /** Undefined on the last page. */
  readonly continueToken?: string;
  /** How many more there are; not known with a selector. */
  readonly remaining?: number;
}

interface Position {
  readonly revision: number;
  /** The key of the last item given. */
  readonly after: string;
}

/** One page of a resource's objects. All pages of a list show the revision of the first. */
export function listPage(
  store: Store,
  target: Target,
  query: ListQuery,
): ListPage {
  const { revision, after } = position(store, query);
  const resource = storageKey(target.type);
  const prefix = target.namespace === undefined ? "" : `${target.namespace}/`;
  const found = (
    revision === store.revision
      ? store.list(resource)
      : store.listAt(resource, revision)
  ).filter(
    ([key, object]) =>
      key > after &&
      key.startsWith(prefix) &&
      (query.selector?.(object) ?? true),
  );
  const limit = query.limit ? query.limit : found.length;
  const page = found.slice(0, limit);
  const items = page.map(([, object]) => object);
  const rest = found.length - page.length;
  if (rest === 0) return { resourceVersion: revision, items };
  const last = page.at(-1)?.[0] ?? "";
  return {
    resourceVersion: revision,
    items,
    continueToken: writeToken({ revision, after: last }),
    ...(query.selector ? {} : { remaining: rest }),
  };
}

function position(store: Store, query: ListQuery): Position {
  if (query.continueToken) return continued(store, query);
  const { resourceVersion, resourceVersionMatch } = query;
  if (resourceVersionMatch && !resourceVersion)
    throw invalid({ kind: "ListOptions", group: "meta.k8s.io", name: "" }, [
      forbiddenValue(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden unless resourceVersion is provided",
      ),
    ]);
  const asked = parseRevision(resourceVersion);
  if (asked > store.revision)
    throw tooLargeResourceVersion(asked, store.revision);
  if (resourceVersionMatch !== "Exact")
    return { revision: store.revision, after: "" };
  if (asked < store.oldestRevision)
    throw notImplemented(
      `keep revisions as old as ${asked} (the oldest is ${store.oldestRevision})`,
    );
  return { revision: asked, after: "" };
}

function continued(store: Store, query: ListQuery): Position {
  const found = readToken(query.continueToken ?? "");
  if (query.resourceVersion && query.resourceVersion !== "0")
    throw badRequest(
      "specifying resource version is not allowed when using continue",
    );
  if (found.revision < store.oldestRevision)
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  if (found.revision > store.revision)
    throw tooLargeResourceVersion(found.revision, store.revision);
  return found;
}

/** @returns 0 for "any", which is what an absent resourceVersion and "0" both mean for a list */
export function parseRevision(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

function writeToken({ revision, after }: Position): string {
  const token = { v: "meta.k8s.io/v1", rv: revision, start: `${after}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function readToken(token: string): Position {
  try {
    const read = JSON.parse(Buffer.from(token, "base64url").toString()) as {
      rv: number;
      start: string;
    };
    if (Number.isInteger(read.rv) && typeof read.start === "string")
      return { revision: read.rv, after: read.start.slice(0, -1) };
  } catch {
    // Answered below, like a token of the wrong shape.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}
