import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type Tool,
} from "@modelcontextprotocol/server";
import { VERSION } from "@vworkspace/kernel";
import type { RpcStruct } from "@vworkspace/odoo-rpc";
import { INSTRUCTIONS } from "./instructions";

/** What one caller may do here. */
export interface CallerTools {
  readonly list: () => Tool[];
  /** Undefined: there is no such tool. Otherwise what it answers, or the sentence that refuses it. */
  readonly call: (
    name: string,
    args: RpcStruct,
  ) => Promise<ToolOutcome | undefined>;
}

export type ToolOutcome =
  { readonly answer: RpcStruct } | { readonly refusal: string };

/** The protocol's server of one request: nothing is kept between two, so any replica answers any of them. */
export function makeServer(tools: CallerTools): Server {
  const server = new Server(
    { name: "vworkspace", title: "vworkspace", version: VERSION },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools: tools.list() }));
  server.setRequestHandler("tools/call", async ({ params }) => {
    const given = (params.arguments ?? {}) as RpcStruct;
    const outcome = await tools.call(params.name, given);
    if (outcome !== undefined) return resultOf(outcome);
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      "There is no such tool; tools/list has those that there are.",
    );
  });
  return server;
}

/** A text is for those clients that read no structure; it holds the same. */
function resultOf(outcome: ToolOutcome): CallToolResult {
  if ("refusal" in outcome)
    return {
      content: [{ type: "text", text: outcome.refusal }],
      isError: true,
    };
  return {
    content: [{ type: "text", text: JSON.stringify(outcome.answer) }],
    structuredContent: outcome.answer,
  };
}
