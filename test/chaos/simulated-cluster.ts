import { customResourceDefinitions } from "@vworkspace/resources";
import { startSimulator } from "../../apps/simulator/src/simulator";
import { AGENT_NAMESPACE } from "./agent-namespace";

/** What VWORKSPACE_CHAOS_CLUSTER says, as JSON. */
export interface SimulatedClusterOptions {
  readonly port: number;
  readonly token: string;
  readonly statePath: string;
  /** Of a step of Flux's stand-ins, at most. */
  readonly stepMs: number;
}

/** The simulated cluster as a process of its own, that can be killed: its state file outlives it. */
async function serve(): Promise<void> {
  const options = JSON.parse(
    process.env["VWORKSPACE_CHAOS_CLUSTER"] ?? "",
  ) as SimulatedClusterOptions;
  const { stepMs, ...access } = options;
  const simulator = await startSimulator({
    ...access,
    definitions: [
      ...customResourceDefinitions().map(({ manifest }) => manifest),
      AGENT_NAMESPACE,
    ],
    flux: { delayMs: { min: 0, max: stepMs } },
  });
  const stop = () => void simulator.stop().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("disconnect", stop);
  console.log(JSON.stringify({ event: "listening", url: simulator.url }));
}

void serve();
