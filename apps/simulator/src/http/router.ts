import type { IncomingMessage, ServerResponse } from "node:http";
import type { ResourceApi } from "../api/resource-api";
import { notFound, notImplemented, resourceMissing } from "../api/status-error";
import type { Target } from "../api/write-request";
import { Gate } from "../authorization/gate";
import type { User } from "../authorization/user";
import { UNSERVED_GROUPS } from "../resources/built-in";
import type { Catalog, ServedResource } from "../resources/catalog";
import { ok, PAGE_NOT_FOUND, write, type Answer } from "./answer";
import {
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
} from "./discovery";
import { isTrue } from "./query";
import { parsePath, type ResourcePath } from "./request-path";
import { ResourceHandler, type ResourceRequest } from "./resource-handler";
import type { WatchStreams } from "./watch-stream";

/** What a client may rely on, as the real server of this version would say it; the build names the simulator. */
const VERSION = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.1+vworkspace-simulator",
  platform: `${process.platform}/${process.arch}`,
};

/** Subresources of built-in kinds that a real server has. */
const UNSERVED_SUBRESOURCES = [
  "approval",
  "attach",
  "binding",
  "ephemeralcontainers",
  "eviction",
  "exec",
  "finalize",
  "log",
  "portforward",
  "proxy",
  "resize",
  "scale",
  "token",
];

/** Sends an authenticated request to whatever answers it. */
export class Router {
  private readonly handler: ResourceHandler;
  private readonly gate: Gate;

  constructor(
    api: ResourceApi,
    private readonly catalog: Catalog,
    private readonly watches: WatchStreams,
  ) {
    this.gate = new Gate(api.store);
    this.handler = new ResourceHandler(api, this.gate);
  }

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    user: User,
  ): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const parsed = parsePath(url.pathname);
    this.gate.require(user, request, url, parsed);
    if (parsed.kind !== "resource") {
      write(response, this.document(request, parsed));
      return;
    }
    const found = this.resolve(request, url.searchParams, parsed.path);
    const call = found && { ...found, user };
    if (!call) write(response, PAGE_NOT_FOUND);
    else if (isWatch(call)) this.watches.serve(call, response);
    else write(response, await this.handler.handle(call));
  }

  private document(
    request: IncomingMessage,
    parsed: Exclude<ReturnType<typeof parsePath>, { kind: "resource" }>,
  ): Answer {
    const types = this.catalog.all();
    if (parsed.kind === "other")
      return this.wellKnown(parsed.pathname, request.headers.host ?? "");
    const found =
      parsed.kind === "group"
        ? groupDocument(types, parsed.group)
        : resourceList(types, parsed.group, parsed.version);
    return found ? ok(found) : PAGE_NOT_FOUND;
  }

  private wellKnown(pathname: string, host: string): Answer {
    switch (pathname.replace(/\/$/, "")) {
      case "/version":
        return ok(VERSION);
      case "/readyz":
      case "/livez":
      case "/healthz":
        return ok("ok");
      case "/api":
        return ok(coreVersions(host));
      case "/apis":
        return ok(groupList(this.catalog.all()));
      default:
        if (pathname.startsWith("/openapi/"))
          throw notImplemented("publish OpenAPI documents");
        return PAGE_NOT_FOUND;
    }
  }

  /** @returns undefined when no such resource is served */
  private resolve(
    request: IncomingMessage,
    query: URLSearchParams,
    path: ResourcePath,
  ): Omit<ResourceRequest, "user"> | undefined {
    const served = this.catalog.find(path.group, path.version, path.plural);
    if (!served) return unserved(path);
    const { type } = served;
    const isMisplaced = path.namespace !== undefined && !type.isNamespaced;
    const needsNamespace =
      type.isNamespaced &&
      path.namespace === undefined &&
      (path.name !== undefined || request.method !== "GET");
    if (isMisplaced || needsNamespace)
      return type.isCustom ? undefined : unserved(path);
    const target = {
      ...served,
      namespace: path.namespace,
      subresource: subresource(served, path),
    };
    return { request, query, target, name: path.name };
  }
}

/** Only lists are watched; a watch of one name is a list with a field selector. */
function isWatch({ request, query, name }: ResourceRequest): boolean {
  return (
    request.method === "GET" && name === undefined && isTrue(query, "watch")
  );
}

function subresource(
  { type, version }: ServedResource,
  path: ResourcePath,
): Target["subresource"] {
  if (path.subresource === undefined) return "";
  if (path.subresource === "status" && version.hasStatus) return "status";
  const isUnserved =
    !type.isCustom &&
    UNSERVED_SUBRESOURCES.includes(path.subresource.split("/")[0] ?? "");
  if (isUnserved)
    throw notImplemented(`serve ${path.plural}/${path.subresource}`);
  throw type.isCustom ? notFound(type, path.name ?? "") : resourceMissing();
}

/** The core group answers in its own way; a group defined by CRDs says "page not found". */
function unserved(path: ResourcePath): undefined {
  if (UNSERVED_GROUPS.includes(path.group))
    throw notImplemented(`serve the API group ${path.group}`);
  if (path.group === "") throw resourceMissing();
  return undefined;
}
