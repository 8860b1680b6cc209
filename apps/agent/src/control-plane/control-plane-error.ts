import type { ConnectionTrouble } from "./tls/connection-failure.decide";

/** What went wrong between the agent and its control plane, as far as it matters to what is done next. */
export type FailureKind =
  | "unauthenticated" // 401: the credential is missing, expired or revoked
  | "forbidden" // 403: a valid credential, but not for this
  | "unknown" // 404: forget it
  | "settled" // 409: treat as done
  | "too-large" // 413
  | "throttled" // 429
  | "unavailable" // 5xx
  | "unreachable" // no answer
  | "undecodable" // an answer that is none of this contract
  | "refused" // any other 4xx: the same request never succeeds
  | "aborted"; // by the agent itself

const KIND_OF_STATUS: Readonly<Record<number, FailureKind>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "unknown",
  408: "unavailable",
  409: "settled",
  413: "too-large",
  429: "throttled",
};

/** The one place that decides whether the same request may succeed later. */
const RETRYABLE: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "throttled",
  "unavailable",
  "unreachable",
  "undecodable",
]);

/** A request to the control plane that did not succeed. Its message holds no secret. */
export class ControlPlaneError extends Error {
  /** From Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What the control plane calls it; ours by the contract's error codes, another one as it likes. */
  readonly code: string | undefined;
  /** Whose certificate is in the way, where one is. */
  readonly trouble: ConnectionTrouble | undefined;

  constructor(
    readonly kind: FailureKind,
    message: string,
    options: {
      readonly retryAfterMs?: number;
      readonly code?: string;
      readonly trouble?: ConnectionTrouble;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "ControlPlaneError";
    this.retryAfterMs = options.retryAfterMs;
    this.code = options.code;
    this.trouble = options.trouble;
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}

/** What an HTTP status above 299 means (agent contract, "Status codes an agent can rely on"). */
export function failureOfStatus(
  status: number,
  said: {
    readonly code?: string;
    readonly message?: string;
    readonly retryAfterMs?: number;
  } = {},
): ControlPlaneError {
  const kind =
    KIND_OF_STATUS[status] ?? (status >= 500 ? "unavailable" : "refused");
  const message = said.message
    ? `The control plane answered ${status}: ${said.message.slice(0, 500)}`
    : `The control plane answered ${status}.`;
  const { code, retryAfterMs } = said;
  return new ControlPlaneError(kind, message, {
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

export function isFailure(
  error: unknown,
  ...kinds: readonly FailureKind[]
): error is ControlPlaneError {
  return error instanceof ControlPlaneError && kinds.includes(error.kind);
}
