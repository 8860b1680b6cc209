import { Controller, Get, Header } from "@nestjs/common";
import { ClusterTokenService } from "../../trust/identity/cluster-token.service";
import { KEY_SET_SECONDS } from "../../trust/identity/token-options";

/** The keys that cluster tokens can be verified with, for everybody (RFC 7517). */
@Controller(".well-known")
export class JwksController {
  constructor(private readonly tokens: ClusterTokenService) {}

  /** May be kept for half the time that a new key is published before it signs. */
  @Get("jwks.json")
  @Header("content-type", "application/jwk-set+json")
  @Header("cache-control", `public, max-age=${KEY_SET_SECONDS}`)
  async keys(): Promise<{ keys: readonly object[] }> {
    return { keys: await this.tokens.published() };
  }
}
