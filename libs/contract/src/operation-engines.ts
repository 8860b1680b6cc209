import type { ControllerState } from "./wire";

/** What a heartbeat calls the controllers and add-ons that it lists; others may be listed too. */
export const CONTROLLER_NAMES = [
  "source-controller",
  "helm-controller",
  "velero",
  "snapshot-controller",
  "volsync",
  "argo-workflows",
  "cert-manager",
  "external-secrets",
  "ingress-controller",
  "admission-policies",
] as const;
export type ControllerName = (typeof CONTROLLER_NAMES)[number];

/** The engines of operations, each with the controllers of the cluster that it can't do without. */
export const OPERATION_ENGINES = [
  { engine: "velero", needs: ["velero"] },
  { engine: "snapshot", needs: ["snapshot-controller"] },
  { engine: "volsync", needs: ["volsync"] },
  { engine: "workflow", needs: ["argo-workflows"] },
  { engine: "job", needs: [] },
  { engine: "helm", needs: ["source-controller", "helm-controller"] },
  { engine: "helmHookJob", needs: [] },
] as const satisfies readonly {
  readonly engine: string;
  readonly needs: readonly ControllerName[];
}[];

export interface EngineAvailability {
  readonly engine: (typeof OPERATION_ENGINES)[number]["engine"];
  readonly available: boolean;
  /** What is in the way; empty where nothing is. */
  readonly message: string;
}

/**
 * Which operations a cluster can do, from what its last heartbeat said.
 * @param controllers undefined or empty where no heartbeat has listed any, as of an agent that doesn't know the field
 */
export function availableEngines(
  controllers: readonly ControllerState[] | undefined,
): readonly EngineAvailability[] {
  const known = new Map(controllers?.map((item) => [item.name, item]));
  return OPERATION_ENGINES.map(({ engine, needs }) => {
    const problems = needs.flatMap((name) => problemOf(name, known));
    return {
      engine,
      available: problems.length === 0,
      message: problems.join("; "),
    };
  });
}

function problemOf(
  name: ControllerName,
  known: ReadonlyMap<string, ControllerState>,
): string[] {
  const state = known.get(name);
  if (state === undefined)
    return [`whether ${name} is there has not been reported`];
  if (!state.present) return [`${name} is not installed`];
  if (state.ready) return [];
  return [state.message ? `${name}: ${state.message}` : `${name} is not ready`];
}
