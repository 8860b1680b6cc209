import type { ObjectReference } from "@vworkspace/contract";
import { z } from "zod";

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
});

/** Which object a manifest is about. @throws ZodError when it lacks apiVersion, kind, name or namespace. */
export function readObjectReference(manifest: object): ObjectReference {
  const { apiVersion, kind, metadata } = manifestSchema.parse(manifest);
  const { namespace, name } = metadata;
  return { apiVersion, kind, namespace, name };
}
