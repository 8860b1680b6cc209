import type { KubeObject } from "../kube-object";
import type { FieldError } from "../schema/field-error";
import type { ResourceType, ResourceVersion } from "../resources/resource-type";

/** Where a request goes: a resource in a version, its namespace if it has one, and the endpoint. */
export interface Target {
  readonly type: ResourceType;
  readonly version: ResourceVersion;
  /** Undefined for cluster-scoped resources, and for lists across namespaces. */
  readonly namespace: string | undefined;
  readonly subresource: "" | "status";
}

export interface WriteOptions {
  readonly fieldManager: string;
  readonly isDryRun?: boolean;
  /** What to do about fields the schema does not know; `Warn` when left out. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
  /** Told what the client should know although the request succeeds. */
  readonly warn?: (text: string) => void;
}

export interface DeleteOptions {
  readonly preconditions?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
  readonly isDryRun?: boolean;
}

/** What a kind asks beyond its schema. */
export interface Rule {
  /** The refusal when it is broken. */
  readonly error: FieldError;
  isKept(object: unknown, old?: unknown): boolean;
}

/** The rules of a kind; none when it has none or the simulator does not know them. */
export type RulesOf = (group: string, kind: string) => readonly Rule[];

export interface Deleted {
  readonly object: KubeObject;
  /** False: finalizers hold it. */
  readonly isGone: boolean;
}
