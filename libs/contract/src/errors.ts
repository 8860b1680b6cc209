/**
 * Every refusal has one of these short codes; it is the `error` field of the contract's error body. A code says what went
 * wrong, its status says what a client may rely on (contract v1, "Status codes an agent can rely on").
 */
export const ERROR_STATUS = {
  invalid_request: 400,
  malformed_json: 400,
  unauthenticated: 401,
  certificate_refused: 401,
  forbidden: 403,
  policy_denied: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  already_settled: 409,
  already_exists: 409,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** The contract's error body: `{error, message, requestId}`. */
export interface ErrorBody {
  readonly error: string;
  /** One sentence for a person. Never holds a secret. */
  readonly message: string;
  /** The id under which the gateway logged the request. */
  readonly requestId: string;
}
