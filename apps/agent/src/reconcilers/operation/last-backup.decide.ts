import type { Operation } from "@vworkspace/resources";

/** A backup that can be relied on. */
export interface LastBackup {
  /** Of its operation. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** The newest backup of a target among operations that succeeded wholly: what is Degraded may lack something. */
export function lastBackup(
  operations: readonly Operation[],
  target: { readonly namespace: string; readonly name: string },
): LastBackup | undefined {
  return operations
    .filter(
      ({ metadata, spec }) =>
        spec.type === "Backup" &&
        metadata.namespace === target.namespace &&
        spec.targetRef.name === target.name,
    )
    .flatMap((operation) => endOf(operation) ?? [])
    .reduce<LastBackup | undefined>(
      (last, one) => (last && last.endedAt >= one.endedAt ? last : one),
      undefined,
    );
}

function endOf({ metadata, status }: Operation): LastBackup | undefined {
  const { phase, conditions = [], finishedAt = "" } = status ?? {};
  const isDegraded = conditions.some(
    ({ type, status: says }) => type === "Degraded" && says === "True",
  );
  const endedAt = Date.parse(finishedAt);
  return phase === "Succeeded" && !isDegraded && !Number.isNaN(endedAt)
    ? { name: metadata.name, endedAt }
    : undefined;
}
