import type { ErrorCode } from "@vworkspace/contract";

/** What a person may be told about a refusal, besides its sentence. Holds no secret. */
export interface DomainErrorOptions {
  /** The underlying error; logged, never shown. */
  readonly cause?: unknown;
  /** For `too_many_requests` and `unavailable`: when to try again. */
  readonly retryAfterSeconds?: number;
  /** Machine-readable facts, for example `{rule, value}` of a policy refusal. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one way to refuse. The code decides the HTTP status and the RPC fault, the message is one sentence that names the
 * field, the value and the remedy.
 */
export class DomainError extends Error {
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "DomainError";
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details ?? {};
  }
}
