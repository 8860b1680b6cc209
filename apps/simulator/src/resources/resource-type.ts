import type { KubeObject } from "../kube-object";
import type { Schema } from "../schema/schema";

/** One served version of a resource. */
export interface ResourceVersion {
  readonly name: string;
  readonly hasStatus: boolean;
  /** Of a custom resource: validates, prunes, defaults. Of a built-in kind: only says how lists and maps merge. */
  readonly schema: Schema;
}

/** A resource the simulator serves, built in or defined by a CustomResourceDefinition. */
export interface ResourceType {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  readonly isCustom: boolean;
  /** Whether metadata.generation is kept. */
  readonly hasGeneration: boolean;
  /** Whether an update of what is not there creates it. */
  readonly isCreatedByUpdate: boolean;
  /** Whether an update has to say which state of the object it replaces. */
  readonly isUpdatedByVersion: boolean;
  /** Fields that lists and watches can select by, besides name and namespace. */
  readonly selectableFields?: readonly string[];
  readonly versions: readonly [ResourceVersion, ...ResourceVersion[]];
  /** While its CustomResourceDefinition is being deleted nothing new is created. */
  readonly isTerminating: boolean;
  /** What the API server does to an object of a built-in kind before it stores it; throws StatusError to refuse. */
  readonly prepare?: (object: KubeObject, old?: KubeObject) => KubeObject;
}

/** Where the objects of a resource are kept: the same for all its versions. */
export function storageKey(type: ResourceType): string {
  return `${type.plural}.${type.group}`;
}
