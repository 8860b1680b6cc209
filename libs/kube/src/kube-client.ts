import { type Clock, SystemClock } from "@vworkspace/kernel";
import type { Attempt } from "./api-status";
import { collectPages } from "./collect-pages";
import { ConnectedWatchSource } from "./connected-watch-source";
import { decodeJson } from "./decode-json";
import type { Resource } from "./discovery";
import {
  type ApplyOptions,
  type DeleteOptions,
  KubeApi,
  type ListOptions,
  type WriteOptions,
} from "./kube-api";
import type { KubeConnection, KubeRequest } from "./kube-connection";
import { KindMissingError, KubeError } from "./kube-error";
import {
  describeRef,
  type Kind,
  type KubeObject,
  type ObjectRef,
  refOf,
} from "./kube-object";
import { KubeRequester } from "./kube-requester";
import { asKubeObject, objectSchema } from "./object-schema";
import { applyBody, deleteBody, statusBody } from "./request-body";
import { objectPath, parentPath } from "./resource-path";
import type { WatchSource } from "./watch-source";

/** The API and its changes over one connection, with one discovery cache. */
export type KubeClient = KubeApi & WatchSource;

export interface KubeClientOptions {
  readonly clock?: Clock;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
}

/** @param connection stays the caller's to close */
export function openKubeApi(
  connection: KubeConnection,
  options: KubeClientOptions = {},
): KubeClient {
  const requester = new KubeRequester(
    connection,
    options.clock ?? new SystemClock(),
  );
  const source = new ConnectedWatchSource(
    requester,
    options.random ?? Math.random,
  );
  return new ConnectedKubeApi(requester, source);
}

const JSON_TYPE = "application/json";
const APPLY_TYPE = "application/apply-patch+yaml";
const MERGE_TYPE = "application/merge-patch+json";

class ConnectedKubeApi extends KubeApi implements WatchSource {
  readonly listPage: WatchSource["listPage"];
  readonly watch: WatchSource["watch"];
  readonly forget: WatchSource["forget"];

  constructor(
    private readonly requester: KubeRequester,
    private readonly source: WatchSource,
  ) {
    super();
    this.listPage = source.listPage.bind(source);
    this.watch = source.watch.bind(source);
    this.forget = source.forget.bind(source);
  }

  override async get<T extends KubeObject>(
    ref: ObjectRef,
  ): Promise<T | undefined> {
    const resource = await this.requester.resourceOf(ref);
    const path = objectPath(resource, ref);
    try {
      return await this.sendObject<T>(ref, "read", { method: "GET", path });
    } catch (error) {
      if (isObjectMissing(error)) return undefined;
      throw error;
    }
  }

  override async list<T extends KubeObject>(
    kind: Kind,
    options: ListOptions = {},
  ): Promise<T[]> {
    const { items } = await collectPages(this.source, kind, options);
    return items as T[];
  }

  override async create<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T> {
    const ref = refOf(object);
    const resource = await this.requester.resourceOf(ref);
    return this.sendObject<T>(ref, "create", {
      method: "POST",
      path: parentPath(resource, ref),
      // An unknown field is an error, as it is in an apply, and not dropped in silence.
      query: { fieldManager: options.fieldManager, fieldValidation: "Strict" },
      body: { contentType: JSON_TYPE, text: JSON.stringify(object) },
    });
  }

  override async apply<T extends KubeObject>(
    object: T,
    options: ApplyOptions,
  ): Promise<T> {
    const ref = refOf(object);
    const resource = await this.requester.resourceOf(ref);
    return this.sendObject<T>(ref, "apply", {
      method: "PATCH",
      path: objectPath(resource, ref),
      query: {
        fieldManager: options.fieldManager,
        ...(options.force ? { force: "true" } : {}),
        ...(options.dryRun ? { dryRun: "All" } : {}),
      },
      body: { contentType: APPLY_TYPE, text: applyBody(object) },
    });
  }

  override async patchStatus<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T> {
    const ref = refOf(object);
    const resource = await this.requester.resourceOf(ref);
    requireStatus(resource, ref);
    return this.sendObject<T>(ref, "apply the status of", {
      method: "PATCH",
      path: `${objectPath(resource, ref)}/status`,
      query: { fieldManager: options.fieldManager, force: "true" },
      body: { contentType: APPLY_TYPE, text: statusBody(object) },
    });
  }

  override async patch<T extends KubeObject>(
    ref: ObjectRef,
    mergePatch: unknown,
    options: WriteOptions,
  ): Promise<T> {
    const resource = await this.requester.resourceOf(ref);
    return this.sendObject<T>(ref, "patch", {
      method: "PATCH",
      path: objectPath(resource, ref),
      query: { fieldManager: options.fieldManager },
      body: { contentType: MERGE_TYPE, text: JSON.stringify(mergePatch) },
    });
  }

  override async delete(
    ref: ObjectRef,
    options: DeleteOptions = {},
  ): Promise<void> {
    try {
      const resource = await this.requester.resourceOf(ref);
      const request: KubeRequest = {
        method: "DELETE",
        path: objectPath(resource, ref),
        body: { contentType: JSON_TYPE, text: deleteBody(options) },
      };
      await this.requester.send(ref, request, attemptTo("delete", ref));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return;
      throw error;
    }
  }

  override serves(kind: Kind): Promise<boolean> {
    return this.requester.serves(kind);
  }

  private async sendObject<T extends KubeObject>(
    ref: ObjectRef,
    verb: string,
    request: KubeRequest,
  ): Promise<T> {
    const attempt = attemptTo(verb, ref);
    const text = await this.requester.send(ref, request, attempt);
    return asKubeObject<T>(
      decodeJson(text, objectSchema, attempt.description),
      ref,
    );
  }
}

function attemptTo(verb: string, ref: ObjectRef): Attempt {
  return { description: `${verb} ${describeRef(ref)}`, kind: ref.kind };
}

function isObjectMissing(error: unknown): boolean {
  return (
    error instanceof KubeError &&
    error.status === 404 &&
    !(error instanceof KindMissingError)
  );
}

/** Without this check, the 404 of the missing path would look as if the kind itself were missing. */
function requireStatus(resource: Resource, ref: ObjectRef): void {
  if (resource.hasStatus) return;
  throw new KubeError(
    `${ref.kind} in ${ref.apiVersion} has no status subresource: write its status with its other fields.`,
    { status: 405, reason: "MethodNotAllowed" },
  );
}
