import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import { Client } from "pg";
import { readMasterKey } from "../../apps/gateway/src/database/master-key";
import type { GatewayProcess } from "../conformance/gateway-process";

/** A token's parts, to be put together differently. */
export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

export function partsOf(token: string): TokenParts {
  return {
    header: { ...decodeProtectedHeader(token) },
    claims: { ...decodeJwt(token) },
  };
}

/** Signs with any key; the algorithm is what the header says, and `exp2` an extension that nobody else knows. */
export function signed(
  { header, claims }: TokenParts,
  key: KeyObject | Uint8Array,
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "EdDSA", ...header })
    .sign(key, { crit: { exp2: true } });
}

/** A token that says of itself that nobody signed it (RFC 7519 §6). */
export function unsigned({ header, claims }: TokenParts): string {
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ ...header, alg: "none" })}.${part(claims)}.`;
}

/** An Ed25519 key of somebody else. */
export function foreignKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

/** What only the gateway has: the key that it signs cluster tokens with, and its public half as bytes. */
export async function gatewayKey(
  gateway: Pick<GatewayProcess, "dataDir" | "databaseUrl">,
): Promise<{ readonly secret: KeyObject; readonly publicBytes: Uint8Array }> {
  const database = new Client({
    connectionString: await gateway.databaseUrl(),
  });
  await database.connect();
  try {
    const { rows } = await database.query<{
      kid: string;
      private_key: Buffer;
      public_jwk: JsonWebKey;
    }>(
      "select kid, private_key, public_jwk from signing_keys where purpose = 'cluster-token'",
    );
    const [row] = rows;
    if (row === undefined) throw new Error("The gateway has no signing key.");
    const file = join(gateway.dataDir, "keys", "master.key");
    const masterKey = await readMasterKey(file, false);
    const pem = masterKey.open(row.private_key, `signing_keys:${row.kid}`);
    const publicKey = createPublicKey({ key: row.public_jwk, format: "jwk" });
    return {
      secret: createPrivateKey(pem.toString()),
      publicBytes: publicKey.export({ format: "der", type: "spki" }),
    };
  } finally {
    await database.end();
  }
}
