import {
  compactDecrypt,
  CompactEncrypt,
  type CryptoKey,
  decodeProtectedHeader,
} from "jose";
import { z } from "zod";
import { LIMITS } from "../limits";
import {
  ENCRYPTED_PAYLOAD_TYPE,
  type ProtectionRefusal,
  refuse,
} from "./protected-job";

/** ECDH-ES with key wrapping (RFC 7518 §4.6) on P-256 or X25519, and AES-256 in GCM. */
const KEY_AGREEMENT = "ECDH-ES+A256KW";
const ENCRYPTION = "A256GCM";

/** A payload of the contract's size and its signature, once more in base64, with room for the header. */
const MAX_CHARACTERS = 3 * LIMITS.bodyBytes;

/** What an encrypted payload holds. The signature is inside: outside it would confirm a guess of the content. */
const contentSchema = z.strictObject({
  payload: z.record(z.string(), z.unknown()),
  signature: z.string().optional(),
});
export type PayloadContent = z.infer<typeof contentSchema>;

/** A key by its name, on either side of an encryption. */
export interface EncryptionKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

/** A compact JWE (RFC 7516) of `{payload, signature?}` that only the holder of the recipient's private key can read. */
export function encryptPayload(
  content: PayloadContent,
  recipient: EncryptionKey,
): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({
      alg: KEY_AGREEMENT,
      enc: ENCRYPTION,
      kid: recipient.kid,
      typ: ENCRYPTED_PAYLOAD_TYPE,
    })
    .encrypt(recipient.key);
}

/** @param keys private keys of this cluster: the newest, and those before it that jobs may still be encrypted to */
export async function decryptPayload(
  jwe: string,
  keys: readonly EncryptionKey[],
): Promise<
  { readonly ok: true; readonly content: PayloadContent } | ProtectionRefusal
> {
  if (jwe.length > MAX_CHARACTERS)
    return refuse("malformed", "The encrypted payload is too long.");
  const header = headerOf(jwe);
  if (header?.typ !== ENCRYPTED_PAYLOAD_TYPE)
    return refuse(
      "malformed",
      "The encrypted payload is no JWE of this contract.",
    );
  const key = keys.find(({ kid }) => kid === header.kid)?.key;
  if (key === undefined)
    return refuse(
      "unknown-key",
      "The payload is encrypted to a key that this cluster does not have.",
    );
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [KEY_AGREEMENT],
      contentEncryptionAlgorithms: [ENCRYPTION],
      // Nothing is compressed here: what anybody may encrypt must not grow by being read.
      maxDecompressedLength: 0,
    });
    const text = new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
    const content = contentSchema.parse(JSON.parse(text));
    return { ok: true, content };
  } catch {
    // One answer for all of it: what exactly failed in a decryption is nobody's business.
    return refuse("undecryptable", "The encrypted payload can't be read.");
  }
}

function headerOf(jwe: string) {
  try {
    return decodeProtectedHeader(jwe);
  } catch {
    return undefined;
  }
}
