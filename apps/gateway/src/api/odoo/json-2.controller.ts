import { Controller, Get, Param, Post, Req, Res } from "@nestjs/common";
import type { RpcStruct } from "@vworkspace/odoo-rpc";
import type { FastifyReply } from "fastify";
import { type Json2Answer, Json2Skin } from "./rpc/json-2.skin";
import type { HeadedRequest } from "./rpc/rpc-request";
import { WEB_VERSION } from "./rpc/server-version";

@Controller()
export class Json2Controller {
  constructor(private readonly skin: Json2Skin) {}

  @Post("json/2/:model/:method")
  async call(
    @Req() request: HeadedRequest,
    @Param() called: { model: string; method: string },
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(reply, await this.skin.call(request, called));
  }

  @Get("doc-bearer/:file")
  async describe(
    @Req() request: HeadedRequest,
    @Param("file") file: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(reply, await this.skin.describe(request, file));
  }

  @Get("web/version")
  version(): RpcStruct {
    return WEB_VERSION;
  }
}

async function send(
  reply: FastifyReply,
  { status, headers, body }: Json2Answer,
): Promise<void> {
  await reply.status(status).headers(headers).send(body);
}
