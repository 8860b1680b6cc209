import { Controller, Delete, Get, Post, Req, Res } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { McpEndpoint } from "./mcp-endpoint";
import { sendAnswer } from "./streamable-http";

/** Streamable HTTP. GET and DELETE belong to sessions, which there are none of: whoever may ask is told so (405). */
@Controller("mcp")
export class McpController {
  constructor(private readonly endpoint: McpEndpoint) {}

  @Post()
  async post(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.endpoint.answer(request));
  }

  @Get()
  async get(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.endpoint.answer(request));
  }

  @Delete()
  async delete(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.endpoint.answer(request));
  }
}
