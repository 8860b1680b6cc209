import { customResourceDefinitions } from "@vworkspace/resources";
import {
  openSimulatedCluster,
  type SimulatedCluster,
} from "../simulated-cluster";

const AGENT_NAMESPACE = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "vworkspace-system" },
};

/** So many changes as one watch may lag behind; a cluster of a fleet is small. */
const HISTORY = 500;

/** A small cluster with Flux, and what an installation of the agent puts there. */
export function openFleetCluster(
  seed: number,
  onError: (error: unknown) => void,
): SimulatedCluster {
  return openSimulatedCluster(
    {
      definitions: [
        ...customResourceDefinitions().map(({ manifest }) => manifest),
        AGENT_NAMESPACE,
      ],
      flux: { delayMs: { min: 250, max: 700 } },
      historyLength: HISTORY,
      onError,
    },
    { seed, clockAheadSeconds: 0, courses: [] },
  );
}
