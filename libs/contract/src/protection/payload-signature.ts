import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  FlattenedSign,
  flattenedVerify,
} from "jose";
import { canonicalJson } from "../canonical-json";
import {
  PAYLOAD_ALGORITHM,
  PAYLOAD_SIGNATURE_TYPE,
  type ProtectedJob,
  type ProtectionRefusal,
  refuse,
} from "./protected-job";

export interface SigningKey {
  readonly kid: string;
  /** An Ed25519 private key. */
  readonly key: CryptoKey;
}

/** Longest signature that is looked at, in characters: a header of names and an Ed25519 signature are far shorter. */
const MAX_CHARACTERS = 8192;

/**
 * A detached JWS (RFC 7515 appendix F) over the canonical JSON (RFC 8785) of a payload, which is not encoded for it
 * (`b64: false`, RFC 7797): `<protected header>..<signature>`.
 * @param expiresAt end of the signature, in whole seconds since the epoch: not of the job, which is signed anew at each offer
 */
export async function signPayload(
  job: ProtectedJob,
  payload: unknown,
  { kid, key }: SigningKey,
  expiresAt: number,
): Promise<string> {
  const signed = await new FlattenedSign(bytesOf(payload))
    .setProtectedHeader({
      alg: PAYLOAD_ALGORITHM,
      b64: false,
      crit: ["b64"],
      kid,
      typ: PAYLOAD_SIGNATURE_TYPE,
      ...bindingOf(job),
      exp: expiresAt,
    })
    .sign(key);
  return `${signed.protected ?? ""}..${signed.signature}`;
}

export interface Verification {
  /** The public key of a kid; undefined: none of that name is trusted. */
  readonly keyOf: (kid: string) => CryptoKey | undefined;
  /** Seconds since the epoch, by a clock that is as right as can be had. */
  readonly now: number;
  /** How far that clock may be wrong, in seconds. */
  readonly toleranceSeconds: number;
}

/** Whether a payload is what the gateway signed for this very job and cluster, and still means it. */
export async function verifyPayload(
  job: ProtectedJob,
  payload: unknown,
  signature: string | undefined,
  verification: Verification,
): Promise<{ readonly ok: true; readonly kid: string } | ProtectionRefusal> {
  if (signature === undefined)
    return refuse("unsigned", "The job has no signature.");
  const parts = partsOf(signature);
  if (parts === undefined)
    return refuse("malformed", "The signature is no detached JWS.");
  const key = verification.keyOf(parts.kid);
  if (key === undefined)
    return refuse(
      "unknown-key",
      "The job is signed by a key that is not in the set of payload keys.",
    );
  const { header, bytes, kid } = parts;
  const jws = {
    protected: header,
    payload: bytesOf(payload),
    signature: bytes,
  };
  try {
    const { protectedHeader } = await flattenedVerify(jws, key, {
      algorithms: [PAYLOAD_ALGORITHM],
    });
    const refusal = judge(job, { ...protectedHeader }, verification);
    return refusal ?? { ok: true, kid };
  } catch (error) {
    return error instanceof errors.JWSSignatureVerificationFailed
      ? refuse("bad-signature", "The signature is not one over this payload.")
      : refuse("malformed", "The signature is no JWS of this contract.");
  }
}

/** What jose does not look at: members of a JWS header that mean something to us alone. */
function judge(
  job: ProtectedJob,
  header: Readonly<Record<string, unknown>>,
  { now, toleranceSeconds }: Verification,
): ProtectionRefusal | undefined {
  if (header["typ"] !== PAYLOAD_SIGNATURE_TYPE || header["b64"] !== false)
    return refuse("malformed", "The signature is of another type.");
  const foreign = Object.entries(bindingOf(job)).find(
    ([name, value]) => header[name] !== value,
  );
  if (foreign !== undefined)
    return refuse(
      "foreign",
      `The payload was signed for another job: its ${foreign[0]} is not this one's.`,
    );
  const { exp } = header;
  if (typeof exp !== "number" || exp + toleranceSeconds < now)
    return refuse(
      "expired",
      "The signature has come to its end, or this clock is ahead.",
    );
  return undefined;
}

function bindingOf({ id, cluster, kind, idempotencyKey }: ProtectedJob) {
  return { job: id, cluster, kind, idem: idempotencyKey };
}

/** Header and signature of a detached JWS that names its key; undefined for anything else. */
function partsOf(signature: string) {
  if (signature.length > MAX_CHARACTERS) return undefined;
  const [, header = "", bytes = ""] =
    /^([\w-]+)\.\.([\w-]+)$/.exec(signature) ?? [];
  try {
    const { kid } = decodeProtectedHeader({ protected: header, signature: "" });
    return kid === undefined ? undefined : { header, bytes, kid };
  } catch {
    return undefined;
  }
}

function bytesOf(payload: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(payload));
}
