import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ApprovalClaim,
  canonicalJson,
  encryptPayload,
  type PayloadContent,
  type KeySet,
  operationDigest,
  type ProtectedJob,
  signApproval,
  signKeySet,
  signPayload,
} from "@vworkspace/contract";
import { type CryptoKey, importJWK, type JWK } from "jose";

/**
 * Writes the results in docs/contract/vectors/ (all but dpop.json) anew, from the keys and inputs in the same files:
 * `node dist/tools/make-vectors.js` after a build. Signatures come out the same; an encryption differs each time, so it
 * isn't generated in every build. test/interop/protection.conformance.ts checks what the files say.
 */
type Key = JWK & { readonly kid: string };

interface SignatureVector {
  readonly key: Key;
  readonly job: ProtectedJob;
  readonly expiresAt: number;
  readonly payload: PayloadContent["payload"];
}

interface EncryptionVector {
  readonly content: PayloadContent;
  readonly cases: readonly { readonly key: Key }[];
}

interface ApprovalVector {
  readonly key: Key;
  readonly spec: object;
  readonly claim: ApprovalClaim;
}

interface KeySetVector {
  readonly root: Key;
  readonly set: KeySet;
}

function fileOf(name: string): string {
  return join(__dirname, `../../docs/contract/vectors/${name}.json`);
}

async function renew<T extends object>(
  name: string,
  results: (vector: T) => Promise<object>,
): Promise<void> {
  const vector = JSON.parse(readFileSync(fileOf(name), "utf8")) as T;
  const renewed = { ...vector, ...(await results(vector)) };
  writeFileSync(fileOf(name), `${JSON.stringify(renewed, null, 2)}\n`);
}

async function signing(key: Key) {
  const { kid } = key;
  return { kid, key: (await importJWK(key, "EdDSA")) as CryptoKey };
}

async function recipient({ kty, crv, x, y, kid }: Key) {
  const jwk = { kty, crv, x, ...(y !== undefined && { y }) } as JWK;
  return { kid, key: (await importJWK(jwk, "ECDH-ES+A256KW")) as CryptoKey };
}

async function main(): Promise<void> {
  await renew<SignatureVector>("payload-signature", async (vector) => {
    const { key, job, payload, expiresAt } = vector;
    return {
      canonical: canonicalJson(payload),
      signature: await signPayload(job, payload, await signing(key), expiresAt),
    };
  });
  await renew<EncryptionVector>(
    "payload-encryption",
    async ({ content, cases }) => {
      const sealed = cases.map(async ({ key }) => ({
        key,
        jwe: await encryptPayload(content, await recipient(key)),
      }));
      return { cases: await Promise.all(sealed) };
    },
  );
  for (const use of ["payload", "approval"] as const)
    await renew<KeySetVector>(`${use}-key-set`, async ({ root, set }) => ({
      jws: await signKeySet(set, await signing(root), use),
    }));
  await renew<ApprovalVector>("approval-claim", async (vector) => {
    const { key, spec } = vector;
    const claim = { ...vector.claim, digest: await operationDigest(spec) };
    return { claim, jwt: await signApproval(claim, await signing(key)) };
  });
}

void main();
