import { randomBytes } from "node:crypto";
import { isEqual } from "../json";
import type { KubeObject, Metadata } from "../kube-object";
import type { Target } from "./write-request";

export interface Birth {
  readonly uid: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** The object as it is first stored: identity given, generation 1, nothing a client may not set. */
export function born(
  object: KubeObject,
  { type, version }: Target,
  birth: Birth,
): KubeObject {
  const {
    deletionTimestamp: _1,
    deletionGracePeriodSeconds: _2,
    resourceVersion: _3,
    generation: _4,
    ...metadata
  } = object.metadata;
  const { status, ...content } = object;
  return {
    ...content,
    ...(version.hasStatus || status === undefined ? {} : { status }),
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      ...metadata,
      name: nameFor(metadata),
      uid: birth.uid,
      creationTimestamp: birth.now,
      ...(type.hasGeneration ? { generation: 1 } : {}),
    },
  };
}

function nameFor({ name, generateName }: Metadata): string {
  if (name !== "" || !generateName) return name;
  // The alphabet has no vowels and no look-alikes, like the API's.
  const alphabet = "bcdfghjklmnpqrstvwxz2456789";
  const suffix = [...randomBytes(5)].map(
    (byte) => alphabet[byte % alphabet.length],
  );
  return generateName + suffix.join("");
}

/** The part of `next` that its endpoint may write, laid over `old`: its status, or everything else. */
export function writable(
  next: KubeObject,
  old: KubeObject,
  { subresource, version }: Target,
): KubeObject {
  const { managedFields } = next.metadata;
  if (subresource === "status") {
    const { status: _, ...rest } = old;
    const metadata = withManagedFields(old.metadata, managedFields);
    return withStatus({ ...rest, metadata }, next["status"]);
  }
  const metadata = carried(next.metadata, old.metadata);
  if (!version.hasStatus) return { ...next, metadata };
  const { status: _, ...rest } = next;
  return withStatus({ ...rest, metadata }, old["status"]);
}

function withStatus(object: KubeObject, status: unknown): KubeObject {
  return status === undefined ? object : { ...object, status };
}

function withManagedFields(
  metadata: Metadata,
  managedFields: Metadata["managedFields"],
): Metadata {
  const { managedFields: _, ...rest } = metadata;
  return managedFields ? { ...rest, managedFields } : rest;
}

const SYSTEM_FIELDS = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "generateName",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** What the system wrote into metadata stays, whatever the client sent. */
function carried(next: Metadata, old: Metadata): Metadata {
  const system = Object.fromEntries(
    SYSTEM_FIELDS.filter((field) => old[field] !== undefined).map((field) => [
      field,
      old[field],
    ]),
  );
  const own = Object.fromEntries(
    Object.entries(next).filter(
      ([field]) => !(SYSTEM_FIELDS as readonly string[]).includes(field),
    ),
  );
  return { ...own, ...system } as Metadata;
}

/** Counts a change of anything but metadata and status. */
export function withGeneration(
  next: KubeObject,
  old: KubeObject,
  { type, version }: Target,
): KubeObject {
  if (!type.hasGeneration || !hasOtherSpec(next, old, version.hasStatus))
    return next;
  return regenerated(next, old);
}

export function regenerated(next: KubeObject, old: KubeObject): KubeObject {
  const generation = (old.metadata.generation ?? 0) + 1;
  return { ...next, metadata: { ...next.metadata, generation } };
}

function hasOtherSpec(
  next: KubeObject,
  old: KubeObject,
  hasStatus: boolean,
): boolean {
  const content = (object: KubeObject) => {
    const { metadata: _1, apiVersion: _2, status, ...rest } = object;
    return hasStatus ? rest : { ...rest, status };
  };
  return !isEqual(content(next), content(old));
}

/** Whether storing `next` would change nothing but the times in managedFields: then nothing is written. */
export function isSameObject(next: KubeObject, old: KubeObject): boolean {
  return isEqual(withoutTimes(next), withoutTimes(old));
}

function withoutTimes(object: KubeObject): KubeObject {
  const managedFields = object.metadata.managedFields?.map(
    ({ time: _, ...entry }) => entry,
  );
  const metadata = { ...object.metadata, managedFields };
  return { ...object, metadata } as KubeObject;
}

/** Deleted and no finalizer left: the next write is its end. */
export function isFinished({ metadata, spec }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const isHeldByKind =
    typeof spec === "object" &&
    spec !== null &&
    "finalizers" in spec &&
    Array.isArray(spec.finalizers) &&
    spec.finalizers.length > 0;
  return (metadata.finalizers ?? []).length === 0 && !isHeldByKind;
}
