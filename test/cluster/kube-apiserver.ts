import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ChildProgram } from "./child-program";
import { freePorts } from "./free-ports";
import { writeKubeconfig } from "./kubeconfig-file";
import { repositoryRoot } from "./repository-root";

/** Who the agent is on the test server, so that its RBAC manifests are tested too. */
export const AGENT_USER =
  "system:serviceaccount:vworkspace-system:vworkspace-agent";
export const AGENT_GROUPS = [
  "system:serviceaccounts",
  "system:serviceaccounts:vworkspace-system",
  "system:authenticated",
];

const READY_WITHIN_MS = 120_000;
const CONTROLLERS = [
  "namespace-controller",
  "garbage-collector-controller",
  "serviceaccount-controller",
  "job-controller",
  "clusterrole-aggregation-controller",
];

export interface KubeApiserver {
  /** Of a member of system:masters. */
  readonly kubeconfigPath: string;
  /** Of AGENT_USER, which may do what RBAC objects allow it and nothing else. */
  readonly agentKubeconfigPath: string;
  readonly adminToken: string;
  /** kill -9 of kube-apiserver; then it starts again at the same port, on what etcd has kept. */
  crash(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** @returns undefined when there are no binaries and no Go to build them; standard error has said so */
export async function kubeAssetsDirectory(): Promise<string | undefined> {
  const script = join(repositoryRoot(), "tools", "kube-assets.mjs");
  const run = promisify(execFile)(process.execPath, [script]);
  run.child.stderr?.pipe(process.stderr);
  try {
    return (await run).stdout.trim();
  } catch (error) {
    if ((error as { code?: unknown }).code === 3) return undefined;
    throw error;
  }
}

/** Starts etcd, kube-apiserver and (where the binaries include it) kube-controller-manager on free loopback ports. */
export async function startKubeApiserver(
  assets: string,
): Promise<KubeApiserver> {
  const directory = await mkdtemp(join(tmpdir(), "vworkspace-kube-"));
  const programs: ChildProgram[] = [];
  const stop = async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const access = await startControlPlane({ assets, directory, programs });
    return { ...access, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start {
  readonly assets: string;
  readonly directory: string;
  /** Filled as they start, so that whoever called can stop them. */
  readonly programs: ChildProgram[];
}

async function startControlPlane(
  start: Start,
): Promise<Omit<KubeApiserver, "stop">> {
  const { directory } = start;
  const [client, peer, secure, manager] = (await freePorts(4)) as [
    number,
    number,
    number,
    number,
  ];
  const adminToken = randomBytes(24).toString("base64url");
  const agentToken = randomBytes(24).toString("base64url");
  writeFileSync(
    join(directory, "tokens.csv"),
    `${adminToken},admin,admin,system:masters\n${agentToken},${AGENT_USER},agent,"${AGENT_GROUPS.join(",")}"\n`,
    { mode: 0o600 },
  );
  writeServiceAccountKey(join(directory, "service-account.key"));
  run(start, "etcd", etcdArguments(directory, client, peer));
  const flags = apiserverArguments(directory, client, secure);
  run(start, "kube-apiserver", flags);

  const server = `https://127.0.0.1:${secure}`;
  await waitUntilReady(start, server, adminToken);
  const certificateAuthority = readFileSync(
    join(directory, "certificates", "apiserver.crt"),
    "utf8",
  );
  const kubeconfigPath = join(directory, "admin.kubeconfig");
  const agentKubeconfigPath = join(directory, "agent.kubeconfig");
  writeKubeconfig(kubeconfigPath, {
    server,
    token: adminToken,
    certificateAuthority,
  });
  writeKubeconfig(agentKubeconfigPath, {
    server,
    token: agentToken,
    certificateAuthority,
  });
  if (existsSync(join(start.assets, "kube-controller-manager")))
    run(
      start,
      "kube-controller-manager",
      managerArguments(directory, kubeconfigPath, manager),
    );
  const crash = async (downMs: number) => {
    await stopProgram(start, "kube-apiserver");
    await sleep(downMs);
    run(start, "kube-apiserver", flags);
    await waitUntilReady(start, server, adminToken);
  };
  return { kubeconfigPath, agentKubeconfigPath, adminToken, crash };
}

async function stopProgram({ programs }: Start, name: string): Promise<void> {
  const at = programs.findIndex((program) => program.name === name);
  const [program] = programs.splice(at, 1);
  await program?.stop();
}

function run(start: Start, name: string, flags: readonly string[]): void {
  const command = [join(start.assets, name), ...flags];
  const log = join(start.directory, `${name}.log`);
  start.programs.push(new ChildProgram(name, log, command));
}

function writeServiceAccountKey(path: string): void {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
}

function etcdArguments(
  directory: string,
  client: number,
  peer: number,
): string[] {
  return [
    `--data-dir=${join(directory, "etcd")}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiserverArguments(
  directory: string,
  etcd: number,
  secure: number,
): string[] {
  const key = join(directory, "service-account.key");
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${secure}`,
    `--cert-dir=${join(directory, "certificates")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${join(directory, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
  ];
}

function managerArguments(
  directory: string,
  kubeconfigPath: string,
  port: number,
): string[] {
  return [
    `--kubeconfig=${kubeconfigPath}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    "--use-service-account-credentials",
    `--service-account-private-key-file=${join(directory, "service-account.key")}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
}

async function waitUntilReady(
  start: Start,
  server: string,
  token: string,
): Promise<void> {
  // The certificate is made by the server while it starts: only the answer counts here, not who signs it.
  const agent = new Agent({ rejectUnauthorized: false });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(`${server}/readyz`, token, agent))) {
    for (const program of start.programs) program.assertRunning();
    if (Date.now() > deadline)
      throw new Error(
        `kube-apiserver was not ready in ${READY_WITHIN_MS / 1_000} s:\n${start.programs.at(-1)?.lastLines() ?? ""}`,
      );
    await sleep(100);
  }
  agent.destroy();
}

function isReady(url: string, token: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    get(url, { agent, headers }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}
