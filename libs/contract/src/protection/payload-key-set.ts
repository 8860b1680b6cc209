import { CompactSign, compactVerify, type CryptoKey } from "jose";
import { z } from "zod";
import { publicJwkSchema } from "../wire";
import {
  PAYLOAD_ALGORITHM,
  PAYLOAD_KEY_SET_TYPE,
  type ProtectionRefusal,
  refuse,
} from "./protected-job";
import type { SigningKey } from "./payload-signature";

const MAX_KEYS = 16;
const MAX_CHARACTERS = 16 * 1024;

const payloadKeySetSchema = z.object({
  /** Rises with every change: an agent takes no set that is older than the newest it has seen. */
  version: z.number().int().positive(),
  keys: z
    .array(publicJwkSchema.safeExtend({ kid: z.string().min(1).max(128) }))
    .min(1)
    .max(MAX_KEYS),
});
export type PayloadKeySet = z.infer<typeof payloadKeySetSchema>;

/** A set of payload keys as a compact JWS by the trust root: a relay that ends TLS can't bring keys of its own. */
export function signKeySet(
  set: PayloadKeySet,
  root: SigningKey,
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(set));
  return new CompactSign(bytes)
    .setProtectedHeader({
      alg: PAYLOAD_ALGORITHM,
      kid: root.kid,
      typ: PAYLOAD_KEY_SET_TYPE,
    })
    .sign(root.key);
}

/** @param atLeast version of the newest set that was seen; 0: none was */
export async function verifyKeySet(
  jws: string,
  root: CryptoKey,
  atLeast: number,
): Promise<
  { readonly ok: true; readonly set: PayloadKeySet } | ProtectionRefusal
> {
  if (jws.length > MAX_CHARACTERS)
    return refuse("malformed", "The set of payload keys is too long.");
  const content = await contentOf(jws, root);
  if (content === undefined)
    return refuse(
      "bad-signature",
      "The set of payload keys is not signed by the trust root that was pinned at registration.",
    );
  const parsed = payloadKeySetSchema.safeParse(content);
  if (!parsed.success)
    return refuse(
      "malformed",
      "The set of payload keys is none of this contract.",
    );
  const { version } = parsed.data;
  if (version < atLeast)
    return refuse(
      "rolled-back",
      `The set of payload keys has version ${version}; version ${atLeast} was seen before.`,
    );
  return { ok: true, set: parsed.data };
}

async function contentOf(jws: string, root: CryptoKey): Promise<unknown> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, root, {
      algorithms: [PAYLOAD_ALGORITHM],
    });
    if (protectedHeader.typ !== PAYLOAD_KEY_SET_TYPE) return undefined;
    return JSON.parse(new TextDecoder().decode(payload)) as unknown;
  } catch {
    return undefined;
  }
}
