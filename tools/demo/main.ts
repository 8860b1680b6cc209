import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { DomainError } from "@vworkspace/kernel";
import { KubeError } from "@vworkspace/kube";
import {
  type DemoFile,
  ensureMasterKey,
  prepareDataDir,
  readDemoFile,
  rememberCluster,
  rememberedCluster,
  type RememberedCluster,
  writeDemoFile,
} from "./demo-file";
import { BackupTour } from "./backup-tour";
import { type DemoOptions, readDemoOptions } from "./demo-options";
import { DemoFailure, Program } from "./program";
import { ClusterSetup, type ClusterTarget } from "./cluster-setup";
import { Screen } from "./screen";
import { snippet } from "./snippet";
import { PERSONS_CLUSTER, tlsProof } from "./tls-proof";
import { type Outcome, Tour } from "./tour";

const SIMULATED_CLUSTER = "demo";
const REAL_CLUSTER = "demo-real";

/** The programs of one start; stopped in the order in which nothing is cut off. */
class Demo {
  private readonly programs: Program[] = [];
  private readonly screen = new Screen();
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: DemoOptions) {}

  async run(): Promise<void> {
    const { dataDir, port, kubeconfig } = this.options;
    if (this.options.remove) return this.remove();
    const real = this.realCluster();
    this.screen.heading(`vworkspace demo, data in ${dataDir}; Ctrl-C stops it`);
    await prepareDataDir(dataDir);
    await real?.ask();
    if (kubeconfig !== undefined) await rememberCluster(dataDir, this.target());
    const clusterId =
      kubeconfig === undefined ? SIMULATED_CLUSTER : REAL_CLUSTER;
    let demo = await readDemoFile(
      dataDir,
      `http://127.0.0.1:${port}`,
      clusterId,
    );
    await this.startGateway(demo);
    if (this.options.tls) await this.keepCaFile();
    await writeDemoFile(dataDir, demo);
    const tour = new Tour(demo, this.screen);
    let proof = "";
    try {
      await this.startCluster(demo, tour);
      await tour.prepare();
      demo = { ...demo, people: await tour.people() };
      await writeDemoFile(dataDir, demo);
      const { id, outcome } = await tour.application(this.patienceSeconds);
      this.screen.ready(this.lastWord(outcome));
      if (outcome === "ready" && !real) await this.backUp(demo, id);
      if (this.options.tls) proof = await this.proof(tour);
    } finally {
      await tour.close();
    }
    if (proof !== "") this.screen.text(proof);
    this.screen.text("");
    this.screen.text(snippet(demo, join(dataDir, "demo.json"), !real));
    await this.untilOneEnds();
  }

  /** Of the simulated cluster only: what a backup of a cluster of yours costs is for you to say. */
  private async backUp(demo: DemoFile, instance: number): Promise<void> {
    if (!demo.people) return;
    const tour = new BackupTour(demo, demo.people, this.screen);
    try {
      await tour.show(instance);
    } finally {
      await tour.close();
    }
  }

  /** Where something is to go wrong, there may be nothing to wait for. */
  private get patienceSeconds(): number {
    return this.options.scriptFile === undefined ? 90 : 10;
  }

  /** @throws DemoFailure when the application isn't Ready though nothing was to go wrong */
  private lastWord(state: Outcome): string {
    if (state === "ready") return "Ready";
    if (state === "blocked")
      return "Blocked: the lines above say what the application waits for; it goes on by itself.";
    if (this.options.scriptFile !== undefined)
      return "Not ready, as the script may have wanted it: the lines above say what happened; it goes on by itself.";
    throw new DemoFailure(
      "The application is not ready in time: the logs of gateway and agent in the data directory say why.",
    );
  }

  /** Takes vworkspace away from the cluster that is named, or that the last start used. */
  private async remove(): Promise<void> {
    const { dataDir, kubeconfig, yes } = this.options;
    const cluster =
      kubeconfig === undefined
        ? await rememberedCluster(dataDir)
        : this.target();
    if (cluster === undefined)
      throw new DemoFailure(
        `No start with --kubeconfig is noted in ${dataDir}: name the cluster with --kubeconfig FILE [--context NAME].`,
      );
    await this.setup({ ...cluster, yes }).remove();
  }

  /** Resolves when all have ended, whoever asks: Ctrl-C comes several times, from the terminal and from the processes above. */
  stop(): Promise<void> {
    this.stopping ??= this.stopPrograms();
    return this.stopping;
  }

  /** The agent first, so that it can say goodbye; the gateway last, since it keeps the database. */
  private async stopPrograms(): Promise<void> {
    for (const program of [...this.programs].reverse()) await program.stop();
  }

  private async startGateway(demo: DemoFile): Promise<void> {
    const { port, databaseUrl, tls, tlsPort } = this.options;
    if (databaseUrl !== undefined) await ensureMasterKey(this.masterKey);
    const gateway = this.start("gateway", {
      VWORKSPACE_HTTP_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_DEMO: "true",
      VWORKSPACE_BOOTSTRAP_ADMIN: `${demo.login}:${demo.key}`,
      ...this.databaseSettings,
      ...(tls && { VWORKSPACE_AGENT_ADDR: `127.0.0.1:${tlsPort}` }),
    });
    const { url } = await gateway.event("listening");
    const database =
      databaseUrl === undefined ? "embedded PostgreSQL" : "your PostgreSQL";
    this.screen.step("Gateway", `${String(url)} on ${database}`);
  }

  private get masterKey(): string {
    return join(this.options.dataDir, "keys", "master.key");
  }

  private get tlsDirectory(): string {
    return join(this.options.dataDir, "tls");
  }

  private get caFile(): string {
    return join(this.tlsDirectory, "ca.pem");
  }

  private get databaseSettings(): Record<string, string> {
    const { dataDir, databaseUrl } = this.options;
    return {
      VWORKSPACE_DATA_DIR: dataDir,
      ...(databaseUrl !== undefined && {
        DATABASE_URL: databaseUrl,
        VWORKSPACE_MASTER_KEY_FILE: this.masterKey,
      }),
    };
  }

  /** As an operator gets it, to give it to agents. */
  private async keepCaFile(): Promise<void> {
    const command = [join("dist", "apps/gateway/src/cli.js"), "ca", "show"];
    const environment = { ...process.env, ...this.databaseSettings };
    const { stdout } = await promisify(execFile)(process.execPath, command, {
      env: environment,
    });
    await mkdir(this.tlsDirectory, { recursive: true, mode: 0o700 });
    await writeFile(this.caFile, stdout);
    this.screen.step(
      "Listener for agents",
      `https://127.0.0.1:${this.options.tlsPort}, by the CA in ${this.caFile}`,
    );
  }

  private async proof(tour: Tour): Promise<string> {
    const token = await tour.clusterOfAPerson(PERSONS_CLUSTER);
    return tlsProof(this.tlsDirectory, this.options.tlsPort, token);
  }

  /** What an agent has to know of the gateway. */
  private agentSettings(demo: DemoFile): Record<string, string> {
    const { tls, tlsPort } = this.options;
    if (!tls) return { CONTROL_PLANE_ENDPOINT: demo.url };
    return {
      CONTROL_PLANE_ENDPOINT: `https://127.0.0.1:${tlsPort}`,
      VWORKSPACE_CA_FILE: this.caFile,
      VWORKSPACE_REQUIRE_SIGNED_PAYLOADS: "true",
      VWORKSPACE_REQUIRE_ENCRYPTED_PAYLOADS: "true",
    };
  }

  private async startCluster(demo: DemoFile, tour: Tour): Promise<void> {
    const real = this.realCluster();
    const kubeconfig = real
      ? String(this.options.kubeconfig)
      : await this.startSimulator();
    const setup = real ?? this.setup({ kubeconfig, yes: true });
    await setup.apply();
    const isSimulated = real === undefined;
    const cluster = await tour.cluster(isSimulated);
    await tour.protect(cluster.id, this.options.tls);
    const needsToken =
      cluster.state === "pending" || !(await setup.hasCredential());
    const token = needsToken ? await tour.registrationToken(cluster.id) : "";
    const agent = this.start("agent", {
      ...this.agentSettings(demo),
      KUBECONFIG: kubeconfig,
      ...(this.options.context === undefined
        ? {}
        : { VWORKSPACE_KUBE_CONTEXT: this.options.context }),
      VWORKSPACE_STATE_DIR: join(this.options.dataDir, "agent"),
      VWORKSPACE_SIMULATED: String(isSimulated),
      ...(token === "" ? {} : { VWORKSPACE_REGISTRATION_TOKEN: token }),
    });
    await agent.event("connected");
    this.screen.step(
      "Agent",
      token === ""
        ? `connected as cluster ${demo.clusterId}, with the credential it has`
        : `registered cluster ${demo.clusterId} with a single-use token`,
    );
  }

  private async startSimulator(): Promise<string> {
    const { dataDir, scriptFile } = this.options;
    const kubeconfig = join(dataDir, "simulator.kubeconfig");
    const simulator = this.start("simulator", {
      VWORKSPACE_SIMULATOR_ADDR: "127.0.0.1:0",
      VWORKSPACE_SIMULATOR_KUBECONFIG: kubeconfig,
      VWORKSPACE_SIMULATOR_STATE: join(dataDir, "simulator.json"),
      ...(scriptFile === undefined
        ? {}
        : { VWORKSPACE_SIMULATOR_SCRIPT: scriptFile }),
    });
    const { url } = await simulator.event("listening");
    this.screen.step(
      "Simulated cluster",
      `${String(url)}, with stand-ins for Flux and Velero${scriptFile === undefined ? "" : `; what goes wrong: ${scriptFile}`}`,
    );
    return kubeconfig;
  }

  private realCluster(): ClusterSetup | undefined {
    if (this.options.kubeconfig === undefined) return undefined;
    return this.setup({ ...this.target(), yes: this.options.yes });
  }

  /** The real cluster that the options name. */
  private target(): RememberedCluster {
    const { kubeconfig = "", context } = this.options;
    return {
      kubeconfig: resolve(kubeconfig),
      ...(context === undefined ? {} : { context }),
    };
  }

  private setup(target: ClusterTarget): ClusterSetup {
    return new ClusterSetup(target, this.screen);
  }

  private start(name: string, environment: Record<string, string>): Program {
    const logFile = join(this.options.dataDir, "logs", `${name}.log`);
    const program = new Program({
      name,
      main: `apps/${name}/src/main.js`,
      logFile,
      environment,
    });
    this.programs.push(program);
    return program;
  }

  private async untilOneEnds(): Promise<void> {
    const ended = await Promise.race(
      this.programs.map(async (program) => ({
        program,
        code: await program.ended,
      })),
    );
    if (this.stopping === undefined)
      throw new DemoFailure(ended.program.lastWords());
  }
}

/** What a person needs to know; the stack only of what nobody foresaw. */
function lastSentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof KubeError)
    return `The cluster can't be used: ${error.message.replace(/[.]$/, "")}; correct the kubeconfig, or start the cluster.`;
  const isForeseen =
    error instanceof DemoFailure || error instanceof DomainError;
  return isForeseen ? error.message : (error.stack ?? error.message);
}

async function main(): Promise<void> {
  const demo = new Demo(readDemoOptions(process.argv.slice(2)));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void demo.stop().then(() => process.exit(0)));
  }
  // The process that started this one is gone, however it went.
  process.once(
    "disconnect",
    () => void demo.stop().then(() => process.exit(0)),
  );
  try {
    await demo.run();
    await demo.stop();
  } catch (error) {
    await demo.stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${lastSentence(error)}\n`);
  process.exit(1);
});
