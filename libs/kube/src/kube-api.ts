import type { Kind, KubeObject, ObjectRef } from "./kube-object";

/** Restricts a list or a watch. */
export interface Selection {
  /** All namespaces where absent. */
  readonly namespace?: string;
  /** As kubectl's `-l`, for example `app.vworkspace.io/managed-by=control-plane`. */
  readonly labelSelector?: string;
  /** As kubectl's `--field-selector`; which fields can be selected by depends on the kind. */
  readonly fieldSelector?: string;
  /** Objects come with apiVersion, kind and metadata alone: what isn't needed is neither sent nor kept. */
  readonly metadataOnly?: boolean;
}

export interface ListOptions extends Selection {
  /** Objects per page, 500 by default; the pages are put together inside. */
  readonly limit?: number;
}

/** Who writes, as it stands in `metadata.managedFields`. */
export interface WriteOptions {
  readonly fieldManager: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers instead of failing with a ConflictError. */
  readonly force?: boolean;
  /** Validate and merge on the server without storing anything. */
  readonly dryRun?: boolean;
}

export interface DeleteOptions {
  /** Delete this very object only; another one under the name is a KubeError with status 409. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
}

/**
 * The Kubernetes API as this product uses it. Every method fails with a KubeError: KindMissingError where the API server
 * does not serve the kind, ConflictError where server-side apply met another manager's fields. Nothing is retried here:
 * the caller knows whether a second attempt still means the same.
 */
export abstract class KubeApi {
  /** The object, or undefined where the kind is served and no such object exists. */
  abstract get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>;

  /** Every object of a selection, from one consistent snapshot; items carry apiVersion and kind. */
  abstract list<T extends KubeObject>(
    kind: Kind,
    options?: ListOptions,
  ): Promise<T[]>;

  /** POST: fails with reason AlreadyExists instead of touching what is there, and with BadRequest for a field that the kind has not. */
  abstract create<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T>;

  /**
   * Server-side apply. `metadata.uid` and `metadata.resourceVersion`, where given, are preconditions on an existing object
   * (status 409 when they don't hold). On an absent object a uid fails as well, but a resourceVersion fences nothing.
   */
  abstract apply<T extends KubeObject>(
    object: T,
    options: ApplyOptions,
  ): Promise<T>;

  /**
   * Server-side apply on /status, forced: this product is its only author. Of the object, apiVersion, kind, name,
   * namespace, uid and resourceVersion (preconditions) and status are sent.
   */
  abstract patchStatus<T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T>;

  /** JSON merge patch (RFC 7396). A `metadata.resourceVersion` in it is a precondition. */
  abstract patch<T extends KubeObject>(
    ref: ObjectRef,
    mergePatch: unknown,
    options: WriteOptions,
  ): Promise<T>;

  /** An object, or a kind, that isn't there is a success. */
  abstract delete(ref: ObjectRef, options?: DeleteOptions): Promise<void>;

  /** Whether the API server serves the kind, from discovery that is at most 30 s old. */
  abstract serves(kind: Kind): Promise<boolean>;
}
