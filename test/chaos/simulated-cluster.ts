import { customResourceDefinitions } from "@vworkspace/resources";
import { startSimulator } from "../../apps/simulator/src/simulator";
import { AGENT_GROUPS, AGENT_USER } from "../cluster/kube-apiserver";
import { AGENT_RIGHTS } from "./agent-rights";

/** What VWORKSPACE_CHAOS_CLUSTER says, as JSON. */
export interface SimulatedClusterOptions {
  readonly port: number;
  readonly token: string;
  /** Of the agent's identity. */
  readonly agentToken: string;
  readonly statePath: string;
  /** Of a step of Flux's stand-ins, at most. */
  readonly stepMs: number;
}

/** The simulated cluster as a process of its own, that can be killed: its state file outlives it. */
async function serve(): Promise<void> {
  const options = JSON.parse(
    process.env["VWORKSPACE_CHAOS_CLUSTER"] ?? "",
  ) as SimulatedClusterOptions;
  const { stepMs, agentToken, ...access } = options;
  const user = { name: AGENT_USER, groups: AGENT_GROUPS };
  const simulator = await startSimulator({
    ...access,
    identities: [{ token: agentToken, user }],
    definitions: [
      ...customResourceDefinitions().map(({ manifest }) => manifest),
      ...AGENT_RIGHTS,
    ],
    flux: { delayMs: { min: 0, max: stepMs } },
  });
  const stop = () => void simulator.stop().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("disconnect", stop);
  console.log(JSON.stringify({ event: "listening", url: simulator.url }));
}

void serve();
