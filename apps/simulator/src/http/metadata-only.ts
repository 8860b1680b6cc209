import type { IncomingMessage } from "node:http";
import { fieldsAt } from "../json";

const API_VERSION = "meta.k8s.io/v1";

/** Whether the client would rather have bare metadata: `Accept: application/json;as=PartialObjectMetadata[List];g=meta.k8s.io;v=v1`. */
export function wantsMetadataOnly({ headers }: IncomingMessage): boolean {
  const first = (headers.accept ?? "").split(",")[0] ?? "";
  const [type, ...parameters] = first.split(";").map((part) => part.trim());
  return (
    type === "application/json" &&
    parameters.some((one) => /^as=PartialObjectMetadata(List)?$/.test(one)) &&
    parameters.includes("g=meta.k8s.io") &&
    parameters.includes("v=v1")
  );
}

export function partialObject(object: object): object {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: API_VERSION,
    metadata: fieldsAt(object, "metadata"),
  };
}

/** @param metadata of the list */
export function partialList(
  items: readonly object[],
  metadata: object,
): object {
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: API_VERSION,
    metadata,
    items: items.map(partialObject),
  };
}
