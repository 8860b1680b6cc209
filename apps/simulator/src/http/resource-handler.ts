import type { IncomingMessage } from "node:http";
import { jsonPatch, mergePatch } from "../api/patches";
import type { ResourceApi, Written } from "../api/resource-api";
import {
  badRequest,
  methodNotAllowed,
  notImplemented,
  qualified,
  StatusError,
  type Status,
} from "../api/status-error";
import type { Deleted, Target, WriteOptions } from "../api/write-request";
import type { Gate } from "../authorization/gate";
import type { User } from "../authorization/user";
import { apiVersionOf, type KubeObject } from "../kube-object";
import { ok, type Answer } from "./answer";
import { partialList, partialObject, wantsMetadataOnly } from "./metadata-only";
import {
  badOption,
  deleteOptions,
  isTrue,
  listQuery,
  selectorOf,
  writeOptions,
} from "./query";
import {
  mediaType,
  parseJson,
  parseObject,
  parseYaml,
  readBody,
} from "./request-body";

export interface ResourceRequest {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly target: Target;
  readonly name: string | undefined;
  readonly user: User;
}

/** Answers the verbs on resources, all but watch. */
export class ResourceHandler {
  constructor(
    private readonly api: ResourceApi,
    private readonly gate: Gate,
  ) {}

  async handle(call: ResourceRequest): Promise<Answer> {
    const { request, name } = call;
    switch (request.method) {
      case "GET":
        return name === undefined ? this.list(call) : this.get(call, name);
      case "POST":
        return this.create(call);
      case "PUT":
        return this.update(call, requireName(name));
      case "PATCH":
        return this.patch(call, requireName(name));
      case "DELETE":
        return name === undefined
          ? this.deleteCollection(call)
          : this.delete(call, name);
      default:
        throw methodNotAllowed();
    }
  }

  private get({ target, request }: ResourceRequest, name: string): Answer {
    const object = this.api.get(target, name);
    return ok(wantsMetadataOnly(request) ? partialObject(object) : object);
  }

  private list({ target, query, request }: ResourceRequest): Answer {
    const page = this.api.list(target, listQuery(query, target.type));
    const metadata = {
      resourceVersion: String(page.resourceVersion),
      ...(page.continueToken ? { continue: page.continueToken } : {}),
      ...(page.remaining ? { remainingItemCount: page.remaining } : {}),
    };
    return ok(
      wantsMetadataOnly(request)
        ? partialList(page.items, metadata)
        : this.listBody(target, page.items, metadata),
    );
  }

  private listBody(
    { type, version }: Target,
    items: readonly KubeObject[],
    metadata: object,
  ): object {
    const apiVersion = apiVersionOf(type.group, version.name);
    return { kind: type.listKind, apiVersion, metadata, items };
  }

  private async create(call: ResourceRequest): Promise<Answer> {
    if (call.target.subresource !== "") throw methodNotAllowed();
    requireNamespace(call.target);
    const options = optionsOf(call, "CreateOptions");
    const text = await readBody(call.request);
    const body = parseObject(call.request, text);
    this.gate.requireGrant(call.user, call.target, body);
    const object = this.api.create(call.target, body, options);
    return { code: 201, body: object, warnings: options.warnings };
  }

  private async update(call: ResourceRequest, name: string): Promise<Answer> {
    const options = optionsOf(call, "UpdateOptions");
    const text = await readBody(call.request);
    const body = parseObject(call.request, text);
    this.gate.requireGrant(call.user, call.target, body);
    const written = this.api.update(call.target, name, body, options);
    return answerOf(written, options.warnings);
  }

  private async patch(call: ResourceRequest, name: string): Promise<Answer> {
    const options = optionsOf(call, "PatchOptions");
    const type = mediaType(call.request);
    const text = await readBody(call.request);
    if (type === "application/apply-patch+yaml")
      return this.apply(call, { name, text, options });
    if (call.query.has("force"))
      throw badOption("PatchOptions", {
        reason: "FieldValueForbidden",
        field: "force",
        message: "Forbidden: may not be specified for non-apply patch",
      });
    const change = patchOf(type, text, call.target);
    const present = this.api.get(call.target, name);
    this.gate.requireGrant(call.user, call.target, present);
    const object = this.api.patch(call.target, name, change, options);
    return { code: 200, body: object, warnings: options.warnings };
  }

  private apply(
    { target, query, user }: ResourceRequest,
    patch: {
      name: string;
      text: string;
      options: WriteOptions & { warnings: string[] };
    },
  ): Answer {
    if (!query.get("fieldManager"))
      throw badOption("PatchOptions", {
        reason: "FieldValueRequired",
        field: "fieldManager",
        message: "Required value: is required for apply patch",
      });
    const body = parseYaml(patch.text);
    this.gate.requireGrant(user, target, body);
    const written = this.api.apply(target, patch.name, body, {
      ...patch.options,
      isForced: isTrue(query, "force"),
    });
    return answerOf(written, patch.options.warnings);
  }

  private async delete(call: ResourceRequest, name: string): Promise<Answer> {
    if (call.target.subresource !== "") throw methodNotAllowed();
    const options = await readDeleteOptions(call);
    const deleted = this.api.delete(call.target, name, options);
    return ok(deleted.isGone ? success(call.target, deleted) : deleted.object);
  }

  private async deleteCollection(call: ResourceRequest): Promise<Answer> {
    const { target } = call;
    if (target.namespace === undefined && target.type.isNamespaced)
      throw methodNotAllowed();
    const options = await readDeleteOptions(call);
    const selector = selectorOf(call.query, target.type);
    const page = this.api.list(target, selector ? { selector } : {});
    for (const { metadata } of page.items)
      this.api.delete(target, metadata.name, options);
    const resourceVersion = String(page.resourceVersion);
    return ok(this.listBody(target, page.items, { resourceVersion }));
  }
}

function optionsOf({ query, request }: ResourceRequest, optionsKind: string) {
  return writeOptions(query, optionsKind, request.headers["user-agent"] ?? "");
}

function answerOf(
  { object, isCreated }: Written,
  warnings: readonly string[],
): Answer {
  return { code: isCreated ? 201 : 200, body: object, warnings };
}

function requireName(name: string | undefined): string {
  if (name === undefined) throw badRequest("name must be provided");
  return name;
}

function requireNamespace({ type, namespace }: Target): void {
  if (type.isNamespaced && namespace === undefined)
    throw badRequest("an empty namespace may not be set during creation");
}

async function readDeleteOptions({ request, query }: ResourceRequest) {
  const text = await readBody(request);
  return deleteOptions(query, text === "" ? undefined : parseJson(text));
}

function patchOf(
  type: string,
  text: string,
  target: Target,
): (object: KubeObject) => unknown {
  if (type === "application/merge-patch+json") {
    const patch = parseJson(text);
    if (typeof patch !== "object" || patch === null || Array.isArray(patch))
      throw badRequest("error decoding patch: it must be an object");
    return (object) => mergePatch(object, patch);
  }
  if (type === "application/json-patch+json") {
    const patch = parseJson(text);
    return (object) => jsonPatch(object, patch);
  }
  const isStrategic = type === "application/strategic-merge-patch+json";
  if (isStrategic && !target.type.isCustom)
    throw notImplemented(
      `know strategic merge patches of ${qualified(target.type)}`,
    );
  throw new StatusError(
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
  );
}

function success({ type }: Target, { object }: Deleted): Status {
  const { name, uid } = object.metadata;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name,
      ...(type.group === "" ? {} : { group: type.group }),
      kind: type.plural,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}
