import { createHash } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import {
  type DpopRefusal,
  type VerifiedDpopProof,
  verifyDpopProof,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { UnitOfWork } from "../../database/unit-of-work";
import { isBelievedUrl } from "./domain/believed-url.decide";
import { DpopProofStore } from "./domain/dpop-proof-store";
import { slotOf } from "./domain/nonce-windows";
import { DPOP_OPTIONS, type DpopOptions } from "./dpop-options";
import { DpopNonces, type NonceSet } from "./dpop-nonces";

export interface PresentedDpopProof {
  /** The header DPoP; undefined where there is none. */
  readonly proof: string | undefined;
  readonly method: string;
  /** Path of the request below the gateway's URL; a query is left out. */
  readonly url: string;
  /** The token that came with it; undefined at the registration, where none is bound yet. */
  readonly accessToken?: string | undefined;
}

/** Proofs of possession (RFC 9449 §4.3): every check, the nonce's freshness, and that none is used twice on any replica. */
@Injectable()
export class DpopVerifier {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly nonces: DpopNonces,
    @Inject(DPOP_OPTIONS) private readonly options: DpopOptions,
  ) {}

  /**
   * The thumbprint of the key that was proven; undefined without a proof.
   * @throws DomainError unauthenticated, with `details.dpop` for the challenge (RFC 9449 §7.1, §9); unavailable
   */
  async verify(presented: PresentedDpopProof): Promise<string | undefined> {
    const { proof } = presented;
    if (proof === undefined) return undefined;
    const { verdict, set } = await this.judge(proof, presented);
    if (!verdict.ok) throw refusal(verdict.reason);
    await this.use(verdict.proof, set);
    return verdict.proof.thumbprint;
  }

  private async judge(proof: string, presented: PresentedDpopProof) {
    const known = await this.nonces.get();
    const verdict = await this.check(proof, presented, known);
    if (verdict.ok || verdict.reason !== "nonce")
      return { verdict, set: known };
    const set = await this.nonces.reload();
    return set.epoch === known.epoch
      ? { verdict, set }
      : { verdict: await this.check(proof, presented, set), set };
  }

  private check(
    proof: string,
    { method, url, accessToken }: PresentedDpopProof,
    { windows }: NonceSet,
  ) {
    return verifyDpopProof(proof, {
      method,
      accessToken,
      isUrl: (htu) => isBelievedUrl(htu, url, this.options.urls()),
      isNonce: (nonce) => nonce !== undefined && windows.has(nonce),
    });
  }

  private async use(
    { thumbprint, jti, nonce = "" }: VerifiedDpopProof,
    { epoch, windows }: NonceSet,
  ): Promise<void> {
    const slot = slotOf(windows.get(nonce) ?? 0);
    // The thumbprint has a fixed length: no two pairs make the same text.
    const digest = createHash("sha256").update(thumbprint).update(jti).digest();
    const remembered = await this.unitOfWork.beforeSignIn((stores) =>
      stores.get(DpopProofStore).remember(epoch, slot, digest),
    );
    if (remembered === "new") return;
    if (remembered === "used") throw replayed();
    await this.nonces.replace(epoch);
    throw refusal("nonce");
  }
}

/** One sentence each, with its remedy. */
const SENTENCES: Readonly<Record<DpopRefusal, string>> = {
  "too-long": "send one proof in the header DPoP, of at most 4,096 characters",
  "no-jwt": "it is no signed JWT",
  type: "typ is not dpop+jwt",
  algorithm: "alg is not the key's: sign with ES256, or with EdDSA by Ed25519",
  header: "crit names an extension: leave it out",
  key: "jwk is missing, or no public key on P-256 or of Ed25519",
  "private-key": "jwk holds a private part: make a new key, this one is known",
  signature: "the signature is not of the key in jwk",
  claims: "jti, htm, htu and iat must be there: jti of 8 to 256 characters",
  method: "htm is not the request's method",
  url: "htu is no URL of this gateway for this path: its operator names them in VWORKSPACE_PUBLIC_URL and VWORKSPACE_AGENT_URLS",
  nonce: "its nonce is missing or over: repeat with the one in DPoP-Nonce",
  token: "ath is missing, or of another token",
};

function refusal(reason: DpopRefusal): DomainError {
  return refused(
    SENTENCES[reason],
    reason === "nonce" ? "use_dpop_nonce" : "invalid_dpop_proof",
  );
}

function replayed(): DomainError {
  return refused(
    "it was used before: make a new one for every request, also for a repeat",
    "invalid_dpop_proof",
  );
}

function refused(why: string, dpop: string): DomainError {
  return new DomainError(
    "unauthenticated",
    `The DPoP proof does not count: ${why}.`,
    { details: { dpop } },
  );
}
