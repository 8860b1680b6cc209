import { Controller, Header, HttpCode, Post, UseGuards } from "@nestjs/common";
import {
  AGENT_MEDIA_TYPE,
  type RegisterRequest,
  type RegisterResponse,
  registerRequestSchema,
  type RotateResponse,
} from "@vworkspace/contract";
import { z } from "zod";
import { CredentialService } from "../../fleet/clusters/credential.service";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { ClusterGuard, MediaTypeGuard } from "./agent.guards";
import { Bearer, Body, Principal } from "./agent-request";

/** How a cluster comes by its credential, and by the next one (agent contract, REG and ROT). */
@Controller("api/agent")
@UseGuards(MediaTypeGuard)
export class RegistrationController {
  constructor(private readonly credentials: CredentialService) {}

  @Post("register")
  @HttpCode(200)
  @Header("content-type", AGENT_MEDIA_TYPE)
  async register(
    @Bearer() bearer: string | undefined,
    @Body(() => registerRequestSchema) request: RegisterRequest,
  ): Promise<RegisterResponse> {
    const { clusterId, token, expiresAt } = await this.credentials.register(
      bearer,
      request,
    );
    return { clusterId, token, expiresAt: expiresAt.toISOString() };
  }

  @Post("credentials/rotate")
  @HttpCode(200)
  @UseGuards(ClusterGuard)
  @Header("content-type", AGENT_MEDIA_TYPE)
  async rotate(
    @Principal() principal: ClusterPrincipal,
    @Body(() => z.looseObject({})) _request: object,
  ): Promise<RotateResponse> {
    const { token, expiresAt } = await this.credentials.rotate(principal);
    return { token, expiresAt: expiresAt.toISOString() };
  }
}
