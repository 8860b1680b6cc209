import type { IncomingMessage } from "node:http";
import { isTrue } from "../http/query";
import type { RequestPath, ResourcePath } from "../http/request-path";

/** What a request asks for, in the words of an authorizer. */
export type Attributes = ResourceAttributes | PathAttributes;

export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  /** The plural; with its subresource after a slash. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Of a path that names no resource: discovery, health. */
export interface PathAttributes {
  readonly verb: string;
  readonly path: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
};

/** As the real server's RequestInfo: a namespace itself counts as being in it. */
export function attributesOf(
  { method = "GET" }: IncomingMessage,
  url: URL,
  parsed: RequestPath,
): Attributes {
  if (parsed.kind !== "resource")
    return { verb: method.toLowerCase(), path: url.pathname };
  const { path } = parsed;
  const name = path.name ?? selectedName(url.searchParams);
  const namespace =
    path.namespace ??
    (path.group === "" && path.plural === "namespaces" ? path.name : undefined);
  return {
    verb: verbOf(method, url.searchParams, path),
    group: path.group,
    resource:
      path.subresource === undefined
        ? path.plural
        : `${path.plural}/${path.subresource}`,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  };
}

function verbOf(
  method: string,
  query: URLSearchParams,
  { name }: ResourcePath,
): string {
  if (method === "DELETE")
    return name === undefined ? "deletecollection" : "delete";
  const written = VERBS[method];
  if (written !== undefined) return written;
  if (name !== undefined) return "get";
  return isTrue(query, "watch") ? "watch" : "list";
}

/** A list of one name is a request for that name. */
function selectedName(query: URLSearchParams): string | undefined {
  const selector = query.get("fieldSelector") ?? "";
  return /^metadata\.name=([^,=]+)$/.exec(selector)?.[1];
}
