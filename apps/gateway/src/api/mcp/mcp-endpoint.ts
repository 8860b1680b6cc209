import { Inject, Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  decodeJson,
  isStruct,
  RpcUsageError,
  type RpcStruct,
} from "@vworkspace/odoo-rpc";
import type { FastifyRequest } from "fastify";
import type { UserActor } from "../../trust/identity/domain/actor";
import { bearerOf } from "../agent/agent-request";
import { KeySignIn } from "../limits/key-sign-in.service";
import { RpcFailures } from "../odoo/rpc/rpc-failures";
import { bodyOf } from "../odoo/rpc/rpc-request";
import { visible } from "../people/pages/visible";
import { MCP_OPTIONS, type McpOptions } from "./mcp-options";
import { makeServer, type ToolOutcome } from "./mcp-server";
import { mayComeFrom } from "./request-origin.decide";
import { serveOnce } from "./streamable-http";
import { describeTool } from "./tools/describe-tool";
import { ToolBook } from "./tools/tool-book";

/** The gateway as a server of the Model Context Protocol: who asks is found out first, by an API key alone. */
@Injectable()
export class McpEndpoint {
  constructor(
    private readonly keys: KeySignIn,
    private readonly tools: ToolBook,
    private readonly failures: RpcFailures,
    @Inject(MCP_OPTIONS) private readonly options: McpOptions,
  ) {}

  /** @throws DomainError forbidden, unauthenticated, too_many_requests, invalid_request, malformed_json, payload_too_large */
  async answer(request: FastifyRequest): Promise<Response> {
    this.requireOrigin(request);
    const key = bearerOf(request);
    const actor = await this.keys.requireKey(request.visit, { key });
    requireAssistant(actor);
    const server = makeServer({
      list: () => this.tools.listFor(actor).map(describeTool),
      call: (name, args) => this.call(actor, request, { name, args }),
    });
    return serveOnce(server, request, messageOf(request));
  }

  private async call(
    actor: UserActor,
    request: FastifyRequest,
    { name, args }: { readonly name: string; readonly args: RpcStruct },
  ): Promise<ToolOutcome | undefined> {
    const tool = this.tools.find(name);
    if (tool === undefined) return undefined;
    try {
      return { answer: await this.tools.run(actor, tool, args) };
    } catch (error) {
      return { refusal: visible(this.failures.of(error, request).message) };
    }
  }

  private requireOrigin({ headers }: FastifyRequest): void {
    const site = headers["sec-fetch-site"];
    const from = {
      site: Array.isArray(site) ? site.join() : site,
      origin: headers.origin,
    };
    if (mayComeFrom(from, new URL(this.options.publicUrl()).origin)) return;
    throw new DomainError(
      "forbidden",
      "The request comes from a page of another site: /mcp is for programs, which send no Origin.",
    );
  }
}

/** A bridge speaks for the people of an Odoo, and says for whom with each call; here nobody could. */
function requireAssistant({ role }: UserActor): void {
  if (role !== "bridge") return;
  throw new DomainError(
    "forbidden",
    "The key's role is bridge, which is for Odoo's addon: use a key of a user with the role reader or operator.",
  );
}

/** One message at a time, so that each is counted. */
function messageOf(request: FastifyRequest): unknown {
  if (request.method !== "POST") return undefined;
  const message = decodeJson(bodyOf(request));
  if (isStruct(message)) return message;
  throw new RpcUsageError(
    "The body must be one JSON-RPC message: send each in a request of its own.",
  );
}
