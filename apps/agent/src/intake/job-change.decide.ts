import type { Job } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE, OPERATION } from "@vworkspace/resources";

/** A namespaced object by name. */
export interface NamespacedRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What a job asks for. `generation` is the control plane's counter; absent, nothing is compared. */
export type JobChange =
  | {
      readonly type: "apply";
      readonly ref: NamespacedRef;
      readonly manifest: KubeObject;
      readonly generation?: number;
    }
  | {
      readonly type: "delete";
      readonly ref: NamespacedRef;
      readonly generation?: number;
    }
  | { readonly type: "rotate" }
  | { readonly type: "unreadable"; readonly reason: string };

/** Reads a job's payload. Nothing about its shape is trusted before it was looked at. */
export function readChange(job: Job): JobChange {
  switch (job.kind) {
    case "apply":
      return applyOf(job.payload, job, "payload");
    case "delete":
      return deleteOf(job.payload, job);
    case "intent":
      return intentOf(job);
  }
}

function intentOf(job: Job): JobChange {
  const { payload } = job;
  switch (payload["intent"]) {
    case "ensure-application-instance":
      return applyOf(
        payload["applicationInstance"],
        job,
        "applicationInstance",
        APPLICATION_INSTANCE,
      );
    case "request-operation":
      return applyOf(payload["operation"], job, "operation", OPERATION);
    case "delete-application-instance":
      return deleteOf({ ...payload, ...APPLICATION_INSTANCE }, job);
    case "rotate-operator-credentials":
      return { type: "rotate" };
    default:
      return unreadable(
        `intent is "${String(payload["intent"]).slice(0, 100)}": this agent knows no such intent; update the agent or correct the intent.`,
      );
  }
}

/** @param kind what the manifest must be and is taken for where it doesn't say */
function applyOf(
  manifest: unknown,
  job: Job,
  field: string,
  kind?: { readonly apiVersion: string; readonly kind: string },
): JobChange {
  if (!isRecord(manifest))
    return unreadable(`${field} is no object: send a whole manifest.`);
  const whole = { ...kind, ...manifest };
  const ref = refOf({ ...whole, ...metadataOf(whole) });
  if (typeof ref === "string") return unreadable(`${field}.${ref}`);
  if (kind !== undefined && kind.kind !== ref.kind)
    return unreadable(
      `${field}.kind is "${ref.kind}": this intent carries a ${kind.kind}.`,
    );
  return {
    type: "apply",
    ref,
    manifest: whole as unknown as KubeObject,
    ...generationOf(job, ref),
  };
}

function deleteOf(payload: unknown, job: Job): JobChange {
  const ref = refOf(payload);
  if (typeof ref === "string") return unreadable(`payload.${ref}`);
  return { type: "delete", ref, ...generationOf(job, ref) };
}

/** The reference, or what is wrong with it. */
function refOf(value: unknown): NamespacedRef | string {
  const record = isRecord(value) ? value : {};
  for (const field of ["apiVersion", "kind", "namespace", "name"]) {
    const text = record[field];
    if (typeof text !== "string" || text === "" || text.length > 253)
      return `${field} is missing or no text: give the object's ${field}.`;
  }
  const { apiVersion, kind, namespace, name } = record as Record<
    keyof NamespacedRef,
    string
  >;
  return { apiVersion, kind, namespace, name };
}

/** `<kind lower-cased>/<namespace>/<name>@<generation>`, if the key is this object's. */
function generationOf(
  job: Job,
  ref: NamespacedRef,
): { readonly generation?: number } {
  const object = `${ref.kind.toLowerCase()}/${ref.namespace}/${ref.name}@`;
  if (!job.idempotencyKey.startsWith(object)) return {};
  const count = job.idempotencyKey.slice(object.length);
  return /^[0-9]{1,15}$/.test(count) ? { generation: Number(count) } : {};
}

function metadataOf(manifest: Record<string, unknown>): {
  namespace?: unknown;
  name?: unknown;
} {
  const metadata = manifest["metadata"];
  if (!isRecord(metadata)) return { namespace: undefined, name: undefined };
  return { namespace: metadata["namespace"], name: metadata["name"] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unreadable(reason: string): JobChange {
  return { type: "unreadable", reason };
}
