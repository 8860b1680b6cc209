import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
} from "@nestjs/common";
import {
  acceptsAgentBody,
  AGENT_MEDIA_TYPE,
  isAgentBody,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";
import { CredentialService } from "../../fleet/clusters/credential.service";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import type { PresentedProof } from "../../fleet/clusters/domain/presented-proof";
import { Admission } from "../limits/admission.service";
import { type AgentRequest, bearerOf } from "./agent-request";
import { ProofReader } from "./proof-reader";

/** Content negotiation of the contract: 406 and 415, before anything else. */
@Injectable()
export class MediaTypeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!acceptsAgentBody(request.headers.accept)) {
      throw new DomainError(
        "not_acceptable",
        `Accept does not admit ${AGENT_MEDIA_TYPE}.`,
      );
    }
    const hasBody = Buffer.isBuffer(request.body) && request.body.length > 0;
    if (hasBody && !isAgentBody(request.headers["content-type"])) {
      throw new DomainError(
        "unsupported_media_type",
        `Send the body as ${AGENT_MEDIA_TYPE} or application/json.`,
      );
    }
    return true;
  }
}

/** Notes what a request proves besides a token, for a handler that judges it. */
@Injectable()
export class ProofGuard implements CanActivate {
  constructor(private readonly proofs: ProofReader) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AgentRequest>();
    request.proof = await this.proofs.read(request);
    return true;
  }
}

/** In its turn: the token is one of a cluster, live by the database's word, and comes with what it is bound to. */
@Injectable()
export class ClusterGuard implements CanActivate {
  constructor(
    protected readonly credentials: CredentialService,
    private readonly proofs: ProofReader,
    private readonly admission: Admission,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AgentRequest>();
    const bearer = bearerOf(request);
    request.principal = await this.admission.admit(
      request.visit,
      bearer,
      async () => {
        request.proof = await this.proofs.read(request, bearer);
        return this.identify(bearer, request.proof);
      },
    );
    return true;
  }

  protected identify(
    bearer: string | undefined,
    proof: PresentedProof,
  ): Promise<ClusterPrincipal> {
    return this.credentials.authenticate(bearer, proof);
  }
}

/** The same for who wants the next credential: its time may be over, if a key registered with it is proven. */
@Injectable()
export class RotationGuard extends ClusterGuard {
  protected override identify(
    bearer: string | undefined,
    proof: PresentedProof,
  ): Promise<ClusterPrincipal> {
    return this.credentials.authenticateForRotation(bearer, proof);
  }
}
