import { ANNOTATIONS, FINALIZERS, type Operation } from "@vworkspace/resources";

/** The uid under which it began; another than its own marks a copy from a backup, whose original has run. */
export function startedUid({ metadata }: Operation): string | undefined {
  return metadata.annotations?.[ANNOTATIONS.startedUid];
}

export function hasStarted(operation: Operation): boolean {
  const uid = startedUid(operation);
  return uid !== undefined && uid === operation.metadata.uid;
}

/** A copy that Velero or a person brought back: it carries the mark of its original. */
export function isRestoredCopy(operation: Operation): boolean {
  const uid = startedUid(operation);
  return uid !== undefined && uid !== operation.metadata.uid;
}

export function hasEnded({ status }: Operation): boolean {
  return ["Succeeded", "Failed", "Cancelled"].includes(status?.phase ?? "");
}

export function hasFinalizer({ metadata }: Operation): boolean {
  return (metadata.finalizers ?? []).includes(FINALIZERS.operation);
}
