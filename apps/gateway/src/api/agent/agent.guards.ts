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
import { type AgentRequest, bearerOf } from "./agent-request";

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

/** The bearer token is one of a cluster, live by the database's word. */
@Injectable()
export class ClusterGuard implements CanActivate {
  constructor(private readonly credentials: CredentialService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AgentRequest>();
    const bearer = bearerOf(request);
    request.principal = await this.credentials.authenticate(bearer);
    request.bearer = bearer ?? "";
    return true;
  }
}
