import { Controller, Get, Header, UseGuards } from "@nestjs/common";
import { AGENT_MEDIA_TYPE, type KeySetAnswer } from "@vworkspace/contract";
import { ApprovalClaims } from "../../trust/approvals/approval-claims.service";
import { ClusterGuard, MediaTypeGuard } from "./agent.guards";

/** The keys that approvals are signed by, signed by the trust root (agent contract, APR). */
@Controller("api/agent/approval-keys")
@UseGuards(MediaTypeGuard, ClusterGuard)
export class ApprovalKeysController {
  constructor(private readonly claims: ApprovalClaims) {}

  @Get()
  @Header("content-type", AGENT_MEDIA_TYPE)
  async keySet(): Promise<KeySetAnswer> {
    return { keySet: await this.claims.keySet() };
  }
}
