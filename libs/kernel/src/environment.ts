/** One environment variable, as the program reads it and the documentation lists it. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly description: string;
  /** What is used when it isn't set, in words or as the value itself. */
  readonly default?: string;
  readonly isSecret?: boolean;
}

/** A wrong setting. Its message names variable, value and remedy; programs print it and exit with 78 (EX_CONFIG). */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigurationError";
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number from 1 on, or the default where the variable isn't set. */
export function readWholeNumber(
  environment: Environment,
  name: string,
  fallback: number,
): number {
  const text = environment[name];
  if (text === undefined || text === "") return fallback;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new ConfigurationError(
      `${name} is "${text}": give a whole number from 1 on, for example ${fallback}.`,
    );
  }
  return Number(text);
}

/** Whether something is switched on; not set means no. */
export function readFlag(environment: Environment, name: string): boolean {
  const text = environment[name] ?? "";
  const lower = text.toLowerCase();
  if (["", "0", "false", "no"].includes(lower)) return false;
  if (["1", "true", "yes"].includes(lower)) return true;
  throw new ConfigurationError(`${name} is "${text}": give true or false.`);
}

/** `host:port`; the port may be 0 for any free one. */
export function readAddress(
  environment: Environment,
  name: string,
  fallback: string,
): { host: string; port: number } {
  const text = environment[name] || fallback;
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65535) {
    throw new ConfigurationError(
      `${name} is "${text}": give HOST:PORT, for example ${fallback}.`,
    );
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

/** Whether a host name or address is this machine only. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host === "::1" ||
    /^127(\.[0-9]{1,3}){3}$/.test(host)
  );
}

/** The `--help` text of a program's variables. */
export function environmentHelp(
  variables: readonly EnvironmentVariable[],
): string {
  return variables
    .map((variable) => {
      const fallback =
        variable.default === undefined ? "" : ` [${variable.default}]`;
      return `  ${variable.name}${fallback}\n      ${variable.description}`;
    })
    .join("\n");
}

const LOG_LEVELS = [
  "fatal",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "silent",
];

/** VWORKSPACE_LOG_LEVEL, a level of pino. */
export function readLogLevel(environment: Environment): string {
  const level = environment["VWORKSPACE_LOG_LEVEL"] || "info";
  if (LOG_LEVELS.includes(level)) return level;
  throw new ConfigurationError(
    `VWORKSPACE_LOG_LEVEL is "${level}": use one of ${LOG_LEVELS.join(", ")}.`,
  );
}
