import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Condition,
  type SnapshotItem,
  type SnapshotPage,
} from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { operationDetail } from "./operation-detail";
import { conditionsOf, resourceRefOf } from "./resource-ref";

const PAGE_ITEMS = 200;
/** A snapshot says what state things are in; the long stories come with the transitions. */
const MESSAGE_CHARACTERS = 256;

/**
 * The pages of a ClusterSnapshot: everything the agent sees, so that the control plane can compare desired with observed.
 * @param id of the whole snapshot; its last page is marked
 */
export function snapshotPages(
  objects: readonly KubeObject[],
  id: string,
): readonly SnapshotPage[] {
  const items = objects.map(snapshotItem);
  const count = Math.max(1, Math.ceil(items.length / PAGE_ITEMS));
  return Array.from({ length: count }, (_, page) => ({
    id,
    page,
    last: page === count - 1,
    items: items.slice(page * PAGE_ITEMS, (page + 1) * PAGE_ITEMS),
  }));
}

function snapshotItem(object: KubeObject): SnapshotItem {
  const resourceRef = resourceRefOf(object);
  const { intentGeneration, uid = "" } = resourceRef;
  const detail = operationDetail({
    kind: object.kind,
    status: object["status"],
  });
  return {
    resourceRef,
    uid,
    specDigest: specDigest(object),
    conditions: conditionsOf(object).map(shortened),
    ...(intentGeneration !== undefined && { intentGeneration }),
    ...(detail && { detail }),
  };
}

/** `sha256:` and the hash of the canonical JSON (RFC 8785) of `spec` as it is in the cluster, defaults included. */
export function specDigest(object: KubeObject): string {
  const text = canonicalJson(object["spec"] ?? {});
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function shortened(condition: Condition): Condition {
  return {
    ...condition,
    message: condition.message.slice(0, MESSAGE_CHARACTERS),
  };
}
