import {
  AGENT_MEDIA_TYPE,
  makeDpopProof,
  publicDpopKey,
  type PublicJwk,
} from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { call, post } from "./agent-session";
import type { Reply } from "./http-exchange";
import type { ConformanceTarget } from "./target";

/** What a proof says, where a test wants it to say something else than the request is. */
export interface ProofChanges {
  readonly method?: string;
  readonly path?: string;
  readonly origin?: string;
  readonly accessToken?: string;
  readonly nonce?: string | undefined;
  readonly issuedAt?: number;
  readonly key?: DpopKey;
}

export class DpopKey {
  private constructor(
    readonly jwk: JWK,
    readonly publicJwk: PublicJwk,
  ) {}

  static async make(algorithm = "ES256"): Promise<DpopKey> {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    const jwk = await exportJWK(pair.privateKey);
    return new DpopKey(jwk, publicDpopKey(jwk));
  }
}

/** Somebody who proves a key with each request, and knows the gateway's nonce. */
export class DpopSession {
  private constructor(
    readonly target: ConformanceTarget,
    readonly key: DpopKey,
    readonly nonce: string,
  ) {}

  /** Asks for the nonce as an agent does: by a proof without one. */
  static async open(
    target: ConformanceTarget,
    algorithm?: string,
  ): Promise<DpopSession> {
    const key = await DpopKey.make(algorithm);
    const asking = new DpopSession(target, key, "");
    const reply = await asking.register("any", {}, { nonce: undefined });
    const nonce = String(reply.headers["dpop-nonce"] ?? "");
    return new DpopSession(target, key, nonce);
  }

  /** Another one with the same nonce. */
  async withOtherKey(): Promise<DpopSession> {
    return new DpopSession(this.target, await DpopKey.make(), this.nonce);
  }

  proof(
    method: string,
    path: string,
    changes: ProofChanges = {},
  ): Promise<string> {
    const { origin = this.target.url, key = this.key, ...rest } = changes;
    return makeDpopProof(
      {
        method,
        jti: newId(),
        issuedAt: Math.floor(Date.now() / 1000),
        nonce: this.nonce,
        ...rest,
        url: `${origin}/api/agent${changes.path ?? path}`,
      },
      key.jwk,
    );
  }

  async register(
    registrationToken: string,
    body: object = {},
    changes: ProofChanges = {},
  ): Promise<Reply> {
    const dpop = await this.proof("POST", "/register", changes);
    return post(
      this.target,
      "/register",
      { registrationToken, dpopKey: this.key.publicJwk, ...body },
      { dpop },
    );
  }

  async poll(
    clusterId: string,
    token: string,
    changes: ProofChanges = {},
  ): Promise<Reply> {
    const claims = { accessToken: token, ...changes };
    const dpop = await this.proof("GET", "/jobs", claims);
    return this.pollWith(clusterId, token, { dpop });
  }

  pollWith(
    clusterId: string,
    token: string,
    headers: Record<string, string>,
  ): Promise<Reply> {
    return call(this.target, `/jobs?cluster=${clusterId}&wait=0`, {
      method: "GET",
      headers: {
        accept: AGENT_MEDIA_TYPE,
        authorization: `DPoP ${token}`,
        ...headers,
      },
    });
  }

  async rotate(token: string, scheme = "DPoP"): Promise<Reply> {
    const path = "/credentials/rotate";
    const dpop = await this.proof("POST", path, { accessToken: token });
    const authorization = `${scheme} ${token}`;
    return post(this.target, path, {}, { dpop, authorization });
  }
}
