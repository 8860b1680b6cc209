import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  isLoopback,
  readAddress,
} from "@vworkspace/kernel";

/** Every environment variable the simulator reads. */
export const SIMULATOR_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_SIMULATOR_ADDR",
    default: "127.0.0.1:0",
    description: "Loopback address of the API; port 0 for any free one.",
  },
  {
    name: "VWORKSPACE_SIMULATOR_KUBECONFIG",
    default: "none",
    description:
      "Kubeconfig file to write (mode 600), with which programs reach the API.",
  },
  {
    name: "VWORKSPACE_SIMULATOR_CRDS",
    default: "none",
    description:
      "Directory of CustomResourceDefinitions to serve from the start.",
  },
  {
    name: "VWORKSPACE_SIMULATOR_STATE",
    default: "in memory only",
    description: "File that keeps the cluster's content.",
  },
  {
    name: "VWORKSPACE_SIMULATOR_FLUX_DELAY_MS",
    default: "250-700",
    description:
      "How long a step of the stand-ins for Flux and Velero takes: MIN-MAX milliseconds.",
  },
  {
    name: "VWORKSPACE_SIMULATOR_SCRIPT",
    default: "none",
    description:
      "YAML or JSON file that says what goes wrong: courses of applications, faults of the API, a clock that is ahead.",
  },
];

/** What the fleet reads besides its arguments: a key is no argument, others of the machine see those. */
export const FLEET_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_FLEET_KEY",
    isSecret: true,
    description: "API key of an admin at the gateway. Required.",
  },
  {
    name: "VWORKSPACE_FLEET_LOGIN",
    default: "admin",
    description: "The admin's login.",
  },
  {
    name: "VWORKSPACE_FLEET_DATABASE",
    default: "fleet",
    description: "Name that the gateway takes for the database.",
  },
];

export interface FleetCredentials {
  readonly database: string;
  readonly login: string;
  readonly key: string;
}

/** @throws ConfigurationError where there is no key */
export function readFleetCredentials(
  environment: Environment = process.env,
): FleetCredentials {
  const key = environment["VWORKSPACE_FLEET_KEY"] ?? "";
  if (key === "")
    throw new ConfigurationError(
      "VWORKSPACE_FLEET_KEY is not set: give an admin's API key, which `npm run -s vworkspace -- user add --role admin LOGIN` makes.",
    );
  return {
    key,
    login: environment["VWORKSPACE_FLEET_LOGIN"] || "admin",
    database: environment["VWORKSPACE_FLEET_DATABASE"] || "fleet",
  };
}

export interface SimulatorConfig {
  readonly host: string;
  readonly port: number;
  readonly kubeconfigFile: string | undefined;
  readonly crdDirectory: string | undefined;
  readonly stateFile: string | undefined;
  readonly scriptFile: string | undefined;
  readonly delayMs: { readonly min: number; readonly max: number };
}

/** Reads the environment. @throws ConfigurationError naming variable, value and remedy */
export function readSimulatorConfig(
  environment: Environment = process.env,
): SimulatorConfig {
  const address = readAddress(
    environment,
    "VWORKSPACE_SIMULATOR_ADDR",
    "127.0.0.1:0",
  );
  if (!isLoopback(address.host)) {
    throw new ConfigurationError(
      `VWORKSPACE_SIMULATOR_ADDR is ${address.host}: the simulated cluster listens on a loopback address only, for example 127.0.0.1:0.`,
    );
  }
  const text = (name: string) => environment[name] || undefined;
  return {
    ...address,
    kubeconfigFile: text("VWORKSPACE_SIMULATOR_KUBECONFIG"),
    crdDirectory: text("VWORKSPACE_SIMULATOR_CRDS"),
    stateFile: text("VWORKSPACE_SIMULATOR_STATE"),
    scriptFile: text("VWORKSPACE_SIMULATOR_SCRIPT"),
    delayMs: readRange(text("VWORKSPACE_SIMULATOR_FLUX_DELAY_MS") ?? "250-700"),
  };
}

function readRange(text: string): { min: number; max: number } {
  const [, min, max] = /^([0-9]{1,6})-([0-9]{1,6})$/.exec(text) ?? [];
  if (min === undefined || max === undefined || Number(min) > Number(max)) {
    throw new ConfigurationError(
      `VWORKSPACE_SIMULATOR_FLUX_DELAY_MS is "${text}": give MIN-MAX, for example 250-700.`,
    );
  }
  return { min: Number(min), max: Number(max) };
}
