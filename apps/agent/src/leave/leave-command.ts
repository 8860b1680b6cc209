import { ConfigurationError, SystemClock } from "@vworkspace/kernel";
import { loadKubeConnection, openKubeApi } from "@vworkspace/kube";
import { readClusterConfig } from "../config";
import { leave, leavePlan } from "./leave";

/**
 * `agent leave --yes`: says what goes and what stays, and does it. It wants an administrator's kubeconfig: the agent's own
 * rights do not reach so far.
 *
 * @throws ConfigurationError without --yes; KubeError and DomainError as leave() does
 */
export async function runLeave(parameters: readonly string[]): Promise<void> {
  const { kubeconfig, kubeContext, agentNamespace } = readClusterConfig();
  const plan = leavePlan(agentNamespace).map((line) => `  - ${line}`);
  process.stdout.write(
    `This removes:\n${plan.join("\n")}\nHelm releases and what runs stay as they are.\n`,
  );
  if (!parameters.includes("--yes"))
    throw new ConfigurationError("Nothing was changed: say --yes to go on.");
  const connection = loadKubeConnection({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(kubeContext !== undefined && { context: kubeContext }),
  });
  try {
    const clock = new SystemClock();
    await leave(openKubeApi(connection), { agentNamespace, clock });
  } finally {
    await connection.close();
  }
  process.stdout.write("Removed; applications were not touched.\n");
}
