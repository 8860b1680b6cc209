import {
  type Job,
  type KeySetUse,
  type OfferedJob,
  type PublicJwk,
  type SigningKey,
  signKeySet,
  signPayload,
} from "@vworkspace/contract";
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";

/** How long a signature is good: the next offer has another one. */
const SIGNATURE_SECONDS = 600;

interface Pair extends SigningKey {
  readonly jwk: PublicJwk & { readonly kid: string };
}

/** A trust root, and a key for each use that it vouches for; they stay as they are. */
export class Signatures {
  private constructor(
    private readonly root: Pair,
    private readonly keys: Readonly<Record<KeySetUse, Pair>>,
  ) {}

  static async make(): Promise<Signatures> {
    const root = await newPair();
    const keys = { payload: await newPair(), approval: await newPair() };
    return new Signatures(root, keys);
  }

  get trustRoot(): PublicJwk {
    return this.root.jwk;
  }

  /** @param now milliseconds since the epoch */
  keySet(use: KeySetUse, now: number): Promise<string> {
    const set = { version: seconds(now), keys: [this.keys[use].jwk] };
    return signKeySet(set, this.root, use);
  }

  async signed(job: Job, cluster: string, now: number): Promise<OfferedJob> {
    const signature = await signPayload(
      { ...job, cluster },
      job.payload,
      this.keys.payload,
      seconds(now) + SIGNATURE_SECONDS,
    );
    return { ...job, signature };
  }
}

async function newPair(): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair("Ed25519", {
    extractable: true,
  });
  const { x = "" } = await exportJWK(publicKey);
  const jwk = { kty: "OKP" as const, crv: "Ed25519", x };
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, key: privateKey, jwk: { ...jwk, kid } };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
