import { CompactSign, compactVerify, type CryptoKey } from "jose";
import { z } from "zod";
import { publicJwkSchema } from "../wire";
import {
  PAYLOAD_ALGORITHM,
  type ProtectionRefusal,
  refuse,
} from "./protected-job";
import type { SigningKey } from "./payload-signature";

const MAX_KEYS = 16;
const MAX_CHARACTERS = 16 * 1024;

/** `typ` of each set that a trust root signs: a set of one kind is none of the other. */
export const KEY_SET_TYPES = {
  payload: "vworkspace-payload-keys+jws",
  approval: "vworkspace-approval-keys+jws",
} as const;
/** What the keys of a set sign. */
export type KeySetUse = keyof typeof KEY_SET_TYPES;

const keySetSchema = z.object({
  /** Rises with every change: an agent takes no set that is older than the newest it has seen. */
  version: z.number().int().positive(),
  keys: z
    .array(publicJwkSchema.safeExtend({ kid: z.string().min(1).max(128) }))
    .min(1)
    .max(MAX_KEYS),
});
export type KeySet = z.infer<typeof keySetSchema>;

/** A set of public keys as a compact JWS by the trust root: a relay that ends TLS can't bring keys of its own. */
export function signKeySet(
  set: KeySet,
  root: SigningKey,
  use: KeySetUse,
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(set));
  return new CompactSign(bytes)
    .setProtectedHeader({
      alg: PAYLOAD_ALGORITHM,
      kid: root.kid,
      typ: KEY_SET_TYPES[use],
    })
    .sign(root.key);
}

export interface KeySetDemands {
  readonly use: KeySetUse;
  /** Version of the newest set of this use that was seen; 0: none was. */
  readonly atLeast: number;
}

export async function verifyKeySet(
  jws: string,
  root: CryptoKey,
  { use, atLeast }: KeySetDemands,
): Promise<{ readonly ok: true; readonly set: KeySet } | ProtectionRefusal> {
  if (jws.length > MAX_CHARACTERS)
    return refuse("malformed", `The set of ${use} keys is too long.`);
  const content = await contentOf(jws, root, use);
  if (content === undefined)
    return refuse(
      "bad-signature",
      `The set of ${use} keys is not signed by the trust root that was pinned at registration.`,
    );
  const parsed = keySetSchema.safeParse(content);
  if (!parsed.success)
    return refuse(
      "malformed",
      `The set of ${use} keys is none of this contract.`,
    );
  const { version } = parsed.data;
  if (version < atLeast)
    return refuse(
      "rolled-back",
      `The set of ${use} keys has version ${version}; version ${atLeast} was seen before.`,
    );
  return { ok: true, set: parsed.data };
}

async function contentOf(
  jws: string,
  root: CryptoKey,
  use: KeySetUse,
): Promise<unknown> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, root, {
      algorithms: [PAYLOAD_ALGORITHM],
    });
    if (protectedHeader.typ !== KEY_SET_TYPES[use]) return undefined;
    return JSON.parse(new TextDecoder().decode(payload)) as unknown;
  } catch {
    return undefined;
  }
}
