import { randomBytes } from "node:crypto";
import { dpopThumbprint, makeDpopProof } from "@vworkspace/contract";
import { decodeJwt, type JWK } from "jose";
import type { ControlPlaneTime } from "./control-plane-time";

export interface ToProve {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  /** A private JWK (JSON) to prove although the token is not bound to it yet: the next one will be. */
  readonly dpopKey?: string | undefined;
}

interface HeldKey {
  readonly text: string;
  readonly jwk: JWK;
  readonly thumbprint: string;
}

/** Headers of an answer, as undici has them. */
export type AnswerHeaders = Readonly<
  Record<string, string | string[] | undefined>
>;

/**
 * Proves with every request that the token's key is here (RFC 9449), where the token is bound to one: it says so itself, in
 * `cnf.jkt`. A control plane that knows no such thing gives tokens that are not bound, and gets them as bearer tokens.
 */
export class DpopProver {
  private key: HeldKey | undefined;
  private keySource: () => string | undefined = () => undefined;
  /** The control plane's newest one: freshness of a proof is this, not the time it says (RFC 9449 §8). */
  private nonce: string | undefined;

  constructor(private readonly time: ControlPlaneTime) {}

  /** Where the key is that the cluster's tokens are bound to, as private JWK in JSON: it may change at any time. */
  keyFrom(source: () => string | undefined): void {
    this.keySource = source;
  }

  /** How a request says who sends it. A proof is good for one request: a repeat needs another. */
  async headersFor(wanted: ToProve): Promise<Record<string, string>> {
    const held = await this.heldKey();
    const isBound =
      held !== undefined && thumbprintIn(wanted.token) === held.thumbprint;
    const jwk = isBound ? held.jwk : parse(wanted.dpopKey);
    if (jwk === undefined) return { authorization: `Bearer ${wanted.token}` };
    const proof = await makeDpopProof(
      {
        method: wanted.method,
        url: wanted.url,
        jti: randomBytes(16).toString("base64url"),
        issuedAt: Math.floor(this.time.now() / 1000),
        nonce: this.nonce,
        accessToken: wanted.token,
      },
      jwk,
    );
    const scheme = isBound ? "DPoP" : "Bearer";
    return { authorization: `${scheme} ${wanted.token}`, dpop: proof };
  }

  /**
   * Keeps the nonce of an answer. True where the control plane wanted one that the proof did not have, so that the same
   * request succeeds with a new proof; it was refused before anything came of it.
   */
  answered(status: number, headers: AnswerHeaders): boolean {
    const nonce = headers["dpop-nonce"];
    if (typeof nonce !== "string" || nonce === "") return false;
    this.nonce = nonce;
    const challenge = String(headers["www-authenticate"] ?? "");
    return status === 401 && challenge.includes('error="use_dpop_nonce"');
  }

  private async heldKey(): Promise<HeldKey | undefined> {
    const text = this.keySource();
    if (text === this.key?.text) return this.key;
    if (text === undefined) return undefined;
    const jwk = JSON.parse(text) as JWK;
    this.key = { text, jwk, thumbprint: await dpopThumbprint(jwk) };
    return this.key;
  }
}

function parse(key: string | undefined): JWK | undefined {
  return key === undefined ? undefined : (JSON.parse(key) as JWK);
}

/** What a token says that it is bound to; a token of another kind says nothing. It is the gateway's to verify. */
function thumbprintIn(token: string): string | undefined {
  try {
    const { cnf } = decodeJwt<{ cnf?: { jkt?: string } }>(token);
    return cnf?.jkt;
  } catch {
    return undefined;
  }
}
