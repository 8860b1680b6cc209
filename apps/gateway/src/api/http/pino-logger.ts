import type { LoggerService } from "@nestjs/common";
import type { Logger } from "pino";

/** What Nest tells of putting the program together; the same at every start. */
const WIRING = new Set([
  "NestFactory",
  "InstanceLoader",
  "RoutesResolver",
  "RouterExplorer",
  "NestApplication",
]);

/** Nest's log lines through pino: JSON, one line each, UTC. */
export class PinoLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const isWiring = WIRING.has(String(rest.at(-1)));
    this.write(isWiring ? "debug" : "info", message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write("error", message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write("warn", message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write("debug", message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write("trace", message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write("fatal", message, rest);
  }

  /** Nest puts the context last; our own calls are `(facts, sentence)`. */
  private write(
    level: "info" | "error" | "warn" | "debug" | "trace" | "fatal",
    message: unknown,
    rest: unknown[],
  ): void {
    const texts = rest.filter(
      (item): item is string => typeof item === "string",
    );
    const context = texts.at(-1);
    // What Nest itself failed on comes bare, and an error's own properties don't say what it is.
    if (message instanceof Error)
      this.logger[level]({ err: message, context }, message.message);
    else if (typeof message === "object" && message !== null)
      this.logger[level]({ ...message, context }, texts[0] ?? "");
    else this.logger[level]({ context }, String(message));
  }
}
