import { Controller, Header, HttpCode, Post, UseGuards } from "@nestjs/common";
import {
  AGENT_MEDIA_TYPE,
  type RegisterRequest,
  type RegisterResponse,
  registerRequestSchema,
  type RotateRequest,
  rotateRequestSchema,
  type RotateResponse,
} from "@vworkspace/contract";
import { CredentialService } from "../../fleet/clusters/credential.service";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import type { PresentedProof } from "../../fleet/clusters/domain/presented-proof";
import { MediaTypeGuard, ProofGuard, RotationGuard } from "./agent.guards";
import { Admission } from "../limits/admission.service";
import type { Visit } from "../limits/visit";
import { Bearer, Body, Principal, Proof, Visiting } from "./agent-request";

/** How a cluster comes by its credential, and by the next one (agent contract, REG and ROT). */
@Controller("api/agent")
@UseGuards(MediaTypeGuard)
export class RegistrationController {
  constructor(
    private readonly credentials: CredentialService,
    private readonly admission: Admission,
  ) {}

  @Post("register")
  @HttpCode(200)
  @UseGuards(ProofGuard)
  @Header("content-type", AGENT_MEDIA_TYPE)
  async register(
    @Bearer() bearer: string | undefined,
    @Body(() => registerRequestSchema) request: RegisterRequest,
    @Proof() proof: PresentedProof,
    @Visiting() visit: Visit,
  ): Promise<RegisterResponse> {
    const { expiresAt, ...issued } = await this.admission.admit(
      visit,
      undefined,
      () => this.credentials.register(bearer, request, proof),
    );
    return { ...issued, expiresAt: expiresAt.toISOString() };
  }

  @Post("credentials/rotate")
  @HttpCode(200)
  @UseGuards(RotationGuard)
  @Header("content-type", AGENT_MEDIA_TYPE)
  async rotate(
    @Principal() principal: ClusterPrincipal,
    @Body(() => rotateRequestSchema) request: RotateRequest,
    @Proof() proof: PresentedProof,
  ): Promise<RotateResponse> {
    const { token, expiresAt, trustRoot, certificate, caBundle } =
      await this.credentials.rotate(principal, request, proof);
    return {
      token,
      expiresAt: expiresAt.toISOString(),
      trustRoot,
      ...(certificate !== undefined && { certificate }),
      ...(caBundle !== undefined && { caBundle }),
    };
  }
}
