import type { AgentEvent } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { OPERATION, type OperationStatus } from "@vworkspace/resources";

/** What is told of an Operation besides its conditions; undefined for other kinds, and before anything is said. */
export function operationDetail({
  kind,
  status,
}: Pick<KubeObject, "kind"> & {
  readonly status?: unknown;
}): AgentEvent["detail"] {
  const { phase, outputs, startedAt, finishedAt } = (status ??
    {}) as OperationStatus;
  if (kind !== OPERATION.kind || phase === undefined) return undefined;
  return {
    operation: {
      phase,
      ...(outputs && { outputs: { ...outputs } }),
      ...(startedAt !== undefined && { startedAt }),
      ...(finishedAt !== undefined && { finishedAt }),
    },
  };
}
