import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";
import { decodeJwt } from "jose";
import type { PresentedProof } from "../../fleet/clusters/domain/presented-proof";
import { DpopVerifier } from "../../trust/dpop/dpop-verifier.service";

/** What a request proves besides its token. */
@Injectable()
export class ProofReader {
  constructor(private readonly dpop: DpopVerifier) {}

  /**
   * @param accessToken that a DPoP proof has to be for; none at the registration
   * @throws DomainError unauthenticated for a proof that doesn't count, unavailable
   */
  async read(
    request: FastifyRequest,
    accessToken?: string,
  ): Promise<PresentedProof> {
    if (accessToken !== undefined) refuseUnproven(request, accessToken);
    const dpopThumbprint = await this.dpop.verify({
      // Of several headers, which are none to Node, comes a list: no proof either.
      proof: request.headers["dpop"]?.toString(),
      method: request.method,
      url: request.url,
      accessToken,
    });
    return {
      address: request.ip,
      ...(dpopThumbprint !== undefined && { dpopThumbprint }),
      ...(request.presentedCertificate && {
        certificate: request.presentedCertificate,
      }),
      ...(request.certificateProblem !== undefined && {
        certificateProblem: request.certificateProblem,
      }),
    };
  }
}

/**
 * RFC 9449 §7.1 and §7.2: the scheme DPoP comes with a proof, and who sends a bound token by the scheme Bearer may not know
 * that it is bound. What the token says of itself is enough to refuse it.
 */
function refuseUnproven(request: FastifyRequest, token: string): void {
  const { authorization = "", dpop } = request.headers;
  const isBearer = /^Bearer /i.test(authorization);
  const isProven = dpop !== undefined && !isBearer;
  if (isProven || (isBearer && !isBound(token))) return;
  throw new DomainError(
    "unauthenticated",
    isBearer
      ? "This token is bound to a key: send `Authorization: DPoP <token>`, with a DPoP proof of the key."
      : "The scheme DPoP needs a proof: send a DPoP header of the token's key.",
  );
}

function isBound(token: string): boolean {
  try {
    return decodeJwt<{ cnf?: { jkt?: unknown } }>(token).cnf?.jkt !== undefined;
  } catch {
    return false;
  }
}
