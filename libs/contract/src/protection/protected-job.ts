/** What a signature over a payload is bound to besides: a payload moved to another job, cluster or kind is refused. */
export interface ProtectedJob {
  readonly id: string;
  /** The cluster's code, as agents know it. */
  readonly cluster: string;
  readonly kind: string;
  readonly idempotencyKey: string;
}

/** `typ` of a signature over a job's payload. */
export const PAYLOAD_SIGNATURE_TYPE = "vworkspace-job+jws";
/** `typ` of an encrypted payload. */
export const ENCRYPTED_PAYLOAD_TYPE = "vworkspace-job+jwe";

/** The one algorithm of payload signatures and of the key set: Ed25519 (RFC 8037). */
export const PAYLOAD_ALGORITHM = "EdDSA";

/** Why a protected payload, or a set of keys, is not to be used. A person reads the message; neither holds content. */
export interface ProtectionRefusal {
  readonly ok: false;
  readonly reason:
    | "unsigned"
    | "malformed"
    | "unknown-key"
    | "bad-signature"
    | "foreign"
    | "expired"
    | "not-encrypted"
    | "undecryptable"
    | "rolled-back";
  readonly message: string;
}

export function refuse(
  reason: ProtectionRefusal["reason"],
  message: string,
): ProtectionRefusal {
  return { ok: false, reason, message };
}
