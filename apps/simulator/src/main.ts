import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ConfigurationError,
  environmentHelp,
  VERSION,
} from "@vworkspace/kernel";
import { parse, stringify } from "yaml";
import {
  readSimulatorConfig,
  SIMULATOR_ENVIRONMENT,
  type SimulatorConfig,
} from "./config";
import { readScript } from "./script/read-script";
import { type Simulator, startSimulator } from "./simulator";

const EX_CONFIG = 78;

const HELP = `vworkspace simulator ${VERSION}: a Kubernetes API in memory, with stand-ins for Flux and Velero.

Usage: npm run simulator
       npm run simulator -- fleet --gateway URL --agents N    many real agents at one gateway; see fleet --help

${environmentHelp(SIMULATOR_ENVIRONMENT)}
`;

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === "fleet") {
    // Only here: it brings the whole agent with it.
    const { fleetCommand } = await import("./fleet/fleet-command.js");
    process.exit(await fleetCommand(rest));
  }
  if (process.argv.includes("--help")) {
    process.stdout.write(HELP);
    return;
  }
  if (command !== undefined)
    throw new ConfigurationError(
      `The simulator knows no "${command}": its settings are environment variables, which --help lists; its one command is fleet.`,
    );
  const config = readSimulatorConfig();
  const simulator = await start(config);
  if (config.kubeconfigFile !== undefined)
    writeKubeconfig(config.kubeconfigFile, simulator);
  let stopping: Promise<void> | undefined;
  // Ctrl-C comes several times: from the terminal, from npm, and from the program that started this one.
  const stop = () => {
    stopping ??= simulator.stop().then(() => process.exit(0));
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  // A program that started this one over an IPC channel is gone, however it went.
  process.once("disconnect", stop);
  process.stdout.write(
    `${JSON.stringify({ event: "listening", url: simulator.url, kubeconfig: config.kubeconfigFile })}\n`,
  );
}

async function start(config: SimulatorConfig): Promise<Simulator> {
  const { host, port, delayMs, stateFile, scriptFile } = config;
  const script = scriptFile === undefined ? {} : readScript(scriptFile);
  try {
    return await startSimulator({
      host,
      port,
      definitions: readDefinitions(config),
      flux: { delayMs },
      velero: { delayMs },
      script,
      ...(stateFile === undefined ? {} : { statePath: stateFile }),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new ConfigurationError(
      `VWORKSPACE_SIMULATOR_ADDR ${host}:${port} is in use: stop what listens there, or choose another port.`,
    );
  }
}

function readDefinitions({ crdDirectory }: SimulatorConfig): object[] {
  if (crdDirectory === undefined) return [];
  try {
    const files = readdirSync(crdDirectory).filter((file) =>
      /\.ya?ml$/.test(file),
    );
    return files.map(
      (file) => parse(readFileSync(join(crdDirectory, file), "utf8")) as object,
    );
  } catch (error) {
    throw new ConfigurationError(
      `VWORKSPACE_SIMULATOR_CRDS ${crdDirectory} cannot be read: ${error instanceof Error ? error.message : "error"}.`,
    );
  }
}

/**
 * A kubeconfig with the one user who may do everything; for its owner's eyes. The token stands in it twice: kubectl leaves a
 * user's out without TLS, other clients that of the URL.
 */
function writeKubeconfig(file: string, simulator: Simulator): void {
  const name = "simulated";
  const server = new URL(simulator.url);
  server.username = name;
  server.password = simulator.token;
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server: server.href } }],
    users: [{ name, user: { token: simulator.token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  writeFileSync(file, stringify(kubeconfig), { mode: 0o600 });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(error instanceof ConfigurationError ? EX_CONFIG : 1);
});
