/** One of Kubernetes' Status.details.causes. */
export interface KubeErrorCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** A field that another manager owns (server-side apply). */
export interface FieldConflict {
  readonly manager: string;
  /** As the API server writes it, for example `.spec.values.replicas`. */
  readonly field: string;
}

export interface KubeErrorDetails {
  /** The HTTP status, or 0 where no response came. */
  readonly status: number;
  /** Status.reason, or one of LOCAL_REASONS where the API server said none. */
  readonly reason: string;
  readonly causes?: readonly KubeErrorCause[];
  /** The underlying error, for the log. */
  readonly cause?: unknown;
}

/** Reasons that this library gives itself; all others come from the API server. */
export const LOCAL_REASONS = {
  unreachable: "Unreachable",
  aborted: "Aborted",
  timeout: "ClientTimeout",
  /** A watch that brought nothing for so long that something is wrong with it. */
  silent: "WatchSilent",
  tooLarge: "ResponseTooLarge",
  undecodable: "Undecodable",
  credentials: "CredentialsUnavailable",
  /** A write that this process may not make, or no more: another one leads. */
  notLeading: "NotLeading",
  unnamed: "Unknown",
} as const;

const RETRYABLE_STATUS = new Set([408, 429, 500, 502, 503, 504]);
const RETRYABLE_REASON = new Set<string>([
  LOCAL_REASONS.unreachable,
  LOCAL_REASONS.timeout,
  LOCAL_REASONS.silent,
  LOCAL_REASONS.undecodable,
  LOCAL_REASONS.credentials,
]);

/** A request to the Kubernetes API that failed. The message holds no value of a Secret. */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly KubeErrorCause[];

  constructor(message: string, details: KubeErrorDetails) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.status = details.status;
    this.reason = details.reason;
    this.causes = details.causes ?? [];
  }

  /** Whether the same request may succeed later, without anything else changing. */
  get isRetryable(): boolean {
    return (
      RETRYABLE_STATUS.has(this.status) || RETRYABLE_REASON.has(this.reason)
    );
  }
}

/** The API server does not serve this kind: its CRD is not installed (yet). */
export class KindMissingError extends KubeError {}

/** Server-side apply met fields of other managers; nothing was written. */
export class ConflictError extends KubeError {
  constructor(
    message: string,
    details: KubeErrorDetails,
    readonly conflicts: readonly FieldConflict[],
  ) {
    super(message, details);
  }
}

/** Whether the API server forbids the request: the cluster's RBAC gives no permission for it. */
export function isDenial(error: unknown): boolean {
  return error instanceof KubeError && error.status === 403;
}

/** Whether a list token or a resource version is too old (HTTP 410): only a new list helps. */
export function isExpired(error: unknown): boolean {
  return (
    error instanceof KubeError &&
    (error.status === 410 ||
      error.reason === "Expired" ||
      error.reason === "Gone")
  );
}
