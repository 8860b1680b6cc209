import { mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startSimulator } from "../../apps/simulator/src/simulator";
import {
  AGENT_GROUPS,
  AGENT_USER,
  kubeAssetsDirectory,
  startKubeApiserver,
} from "./kube-apiserver";
import { readKubeconfig, writeKubeconfig } from "./kubeconfig-file";

/** A cluster for one spec file; each spec works in namespaces (and CRD groups) of its own. */
export interface OpenedCluster {
  readonly target: "simulator" | "kube-apiserver";
  /** Of a user who may do everything. */
  readonly kubeconfigPath: string;
  readonly adminToken: string;
  /** Of AGENT_USER, bound by RBAC; a running server that was made elsewhere may have none. */
  readonly agentKubeconfigPath?: string;
  /** How many requests the cluster has had; the simulator counts them. */
  requestCount?(): number;
  stop(): Promise<void>;
}

export interface OpenClusterOptions {
  /** Whether the simulator brings its stand-in Flux controllers and their kinds; there are none for a real server. */
  readonly hasFlux?: boolean;
  /** Whether no other spec file may use the same server, because this one takes away what all need. */
  readonly isOwn?: boolean;
}

/** What VWORKSPACE_TEST_CLUSTER names, for a suite that says something else of the simulator than of a real server. */
export const testedCluster = (): string =>
  process.env["VWORKSPACE_TEST_CLUSTER"] ?? "simulator";

/**
 * Opens the cluster that VWORKSPACE_TEST_CLUSTER names, `simulator` (the default) or `kube-apiserver`. A real one that runs
 * already is used when VWORKSPACE_TEST_KUBECONFIG names its kubeconfig (see serve.ts), unless the spec wants its own.
 *
 * @throws Error naming the variable and its value, or why the real server cannot be had
 */
export async function openCluster(
  options: OpenClusterOptions = {},
): Promise<OpenedCluster> {
  const target = testedCluster();
  if (target === "simulator") return openSimulator(options);
  if (target === "kube-apiserver")
    return useRunning(
      options.isOwn ? "" : (process.env["VWORKSPACE_TEST_KUBECONFIG"] ?? ""),
    );
  throw new Error(
    `VWORKSPACE_TEST_CLUSTER is "${target}"; use simulator or kube-apiserver.`,
  );
}

async function openSimulator({
  hasFlux = false,
}: OpenClusterOptions): Promise<OpenedCluster> {
  const directory = await mkdtemp(join(tmpdir(), "vworkspace-simulator-"));
  const agentToken = randomBytes(24).toString("base64url");
  const agent = { name: AGENT_USER, groups: AGENT_GROUPS };
  const simulator = await startSimulator({
    identities: [{ token: agentToken, user: agent }],
    ...(hasFlux ? { flux: { delayMs: { min: 0, max: 20 } } } : {}),
  });
  const kubeconfigPath = join(directory, "admin.kubeconfig");
  writeKubeconfig(kubeconfigPath, {
    server: simulator.url,
    token: simulator.token,
  });
  const agentKubeconfigPath = join(directory, "agent.kubeconfig");
  writeKubeconfig(agentKubeconfigPath, {
    server: simulator.url,
    token: agentToken,
  });
  return {
    target: "simulator",
    kubeconfigPath,
    agentKubeconfigPath,
    adminToken: simulator.token,
    requestCount: () => simulator.requestCount(),
    stop: async () => {
      await simulator.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function useRunning(kubeconfigPath: string): Promise<OpenedCluster> {
  if (kubeconfigPath === "") return openKubeApiserver();
  const agentKubeconfigPath = join(dirname(kubeconfigPath), "agent.kubeconfig");
  return {
    target: "kube-apiserver",
    kubeconfigPath,
    adminToken: readKubeconfig(kubeconfigPath).token,
    ...(existsSync(agentKubeconfigPath) ? { agentKubeconfigPath } : {}),
    stop: () => Promise.resolve(),
  };
}

async function openKubeApiserver(): Promise<OpenedCluster> {
  const assets = await kubeAssetsDirectory();
  if (assets === undefined)
    throw new Error("There is no kube-apiserver; standard error says why.");
  return { target: "kube-apiserver", ...(await startKubeApiserver(assets)) };
}
