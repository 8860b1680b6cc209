import { once } from "node:events";
import { kubeAssetsDirectory, startKubeApiserver } from "./kube-apiserver";

/**
 * Starts one real API server, prints one line `{"event":"ready","kubeconfig":…,"agentKubeconfig":…}` and runs until
 * SIGTERM or SIGINT. Whoever runs many spec files sets VWORKSPACE_TEST_KUBECONFIG to that path for all of them. Exit code
 * 3: there are no binaries and no Go to build them.
 */
async function serve(): Promise<void> {
  const assets = await kubeAssetsDirectory();
  if (assets === undefined) {
    process.exitCode = 3;
    return;
  }
  const cluster = await startKubeApiserver(assets);
  const { kubeconfigPath: kubeconfig, agentKubeconfigPath: agentKubeconfig } =
    cluster;
  console.log(JSON.stringify({ event: "ready", kubeconfig, agentKubeconfig }));
  const keepAlive = setInterval(() => undefined, 1 << 30);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  clearInterval(keepAlive);
  await cluster.stop();
}

serve().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
