import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";

export interface DemoOptions {
  readonly port: number;
  /** Agents over TLS with client certificates, signed and encrypted jobs. */
  readonly tls: boolean;
  readonly tlsPort: number;
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly yes: boolean;
  readonly remove: boolean;
  /** What goes wrong in the simulated cluster; from the environment, as the simulator's own program takes it. */
  readonly scriptFile?: string;
}

const SCRIPT = "VWORKSPACE_SIMULATOR_SCRIPT";
const EPILOGUE = `
Without options everything is on this machine: an embedded PostgreSQL, the gateway, a simulated cluster and its agent.
The tour: an application from a call to Ready; a backup of it, asked for by the user operator and approved by the user approver,
with its progress; a backup for every night, with its next run. It ends with Python programs to repeat that by hand.
A real cluster of yours is not backed up.
Keys of the users are in demo.json of the data directory, for its owner's eyes only, and logs under logs/. Ctrl-C stops all of
it; the data stay for the next start.
${SCRIPT} names a file that says what goes wrong in the simulated cluster: docs/simulator.md.

Examples:
  npm start
  npm start -- --port 9090
  npm start -- --tls                        ends with commands that prove it
  npm start -- --kubeconfig ~/.kube/config --context staging
  npm start -- --remove                     from the cluster of the last start with --kubeconfig`;

/** Reads the arguments of \`npm start\`; --help and wrong ones end the process. */
export function readDemoOptions(argv: readonly string[]): DemoOptions {
  const command = demoCommand().parse([...argv], { from: "user" });
  const options = command.opts<DemoOptions>();
  if (options.context !== undefined && options.kubeconfig === undefined)
    command.error("--context needs --kubeconfig.");
  if (options.kubeconfig !== undefined)
    requireReadable(command, options.kubeconfig);
  const scriptFile = process.env[SCRIPT];
  return {
    ...options,
    dataDir: resolve(options.dataDir),
    ...(scriptFile ? { scriptFile } : {}),
  };
}

function demoCommand(): Command {
  const command = new Command("npm start --").description(
    "Runs the whole of vworkspace on this machine and takes one application from a call in Odoo's protocol to Ready, then backs it up.",
  );
  return withCluster(withGateway(command)).addHelpText("after", EPILOGUE);
}

function withGateway(command: Command): Command {
  return command
    .option(
      "--port <number>",
      "port of the gateway on 127.0.0.1",
      readPort,
      8080,
    )
    .option(
      "--tls",
      "agents over TLS with client certificates; jobs signed and encrypted",
      false,
    )
    .option(
      "--tls-port <number>",
      "port of the agents' listener on 127.0.0.1, with --tls",
      readPort,
      8443,
    )
    .option(
      "--data-dir <directory>",
      "where database, keys and logs are kept",
      ".data",
    )
    .option(
      "--database-url <url>",
      "a PostgreSQL of yours in place of the embedded one (a role that may create roles)",
    );
}

function withCluster(command: Command): Command {
  return command
    .option(
      "--kubeconfig <file>",
      "a real cluster in place of the simulated one",
    )
    .option("--context <name>", "context of the kubeconfig")
    .option("--yes", "apply to the real cluster without asking", false)
    .option(
      "--remove",
      "take vworkspace away from the real cluster again; applications stay",
      false,
    );
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError("Give a number from 1 to 65535.");
  return port;
}

function requireReadable(command: Command, file: string): void {
  try {
    readFileSync(file);
  } catch (error) {
    command.error(
      `--kubeconfig ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"}): name a kubeconfig file.`,
    );
  }
}
