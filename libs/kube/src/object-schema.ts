import { z } from "zod";
import type { Kind, KubeObject } from "./kube-object";

/** What keys, order and preconditions rest on is checked; the rest is the API server's own, and kept as it comes. */
const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
});

export const objectSchema = z.looseObject({ metadata: metadataSchema });

export const listSchema = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string().default(""),
    continue: z.string().optional(),
  }),
  // Go writes an empty list of some types as null.
  items: z
    .array(objectSchema)
    .nullish()
    .transform((items) => items ?? []),
});

/** A bookmark's object has no name, only the version that has been reached. */
export const bookmarkSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
});

export const watchLineSchema = z.object({
  type: z.string(),
  object: z.looseObject({}),
});

/**
 * The object without its body. A server that can't leave the body out sends it all the same, and one that can calls what it
 * sends PartialObjectMetadata.
 */
export function asMetadata(
  { metadata }: z.infer<typeof objectSchema>,
  { apiVersion, kind }: Kind,
): KubeObject {
  return { apiVersion, kind, metadata } as KubeObject;
}

/** Items of built-in lists come without apiVersion and kind. */
export function asKubeObject<T extends KubeObject>(
  value: z.infer<typeof objectSchema>,
  kind: Kind,
): T {
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...value,
  } as KubeObject as T;
}
