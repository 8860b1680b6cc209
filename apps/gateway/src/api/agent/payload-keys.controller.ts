import { Controller, Get, Header, UseGuards } from "@nestjs/common";
import { AGENT_MEDIA_TYPE, type KeySetAnswer } from "@vworkspace/contract";
import { PayloadKeyService } from "../../trust/payload-keys/payload-key.service";
import { ClusterGuard, MediaTypeGuard } from "./agent.guards";

/** The keys that payloads are signed by, signed by the trust root (agent contract, SIG). */
@Controller("api/agent/payload-keys")
@UseGuards(MediaTypeGuard, ClusterGuard)
export class PayloadKeysController {
  constructor(private readonly keys: PayloadKeyService) {}

  @Get()
  @Header("content-type", AGENT_MEDIA_TYPE)
  async keySet(): Promise<KeySetAnswer> {
    return { keySet: await this.keys.keySet() };
  }
}
