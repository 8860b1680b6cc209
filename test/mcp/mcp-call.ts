import { z } from "zod";

const answerSchema = z.object({
  result: z
    .looseObject({
      isError: z.boolean().optional(),
      structuredContent: z.record(z.string(), z.unknown()).optional(),
      content: z.array(z.looseObject({ text: z.string() })).optional(),
      tools: z.array(z.looseObject({ name: z.string() })).optional(),
    })
    .optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

export const JSON_HEADERS = {
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
} as const;

/** One request at /mcp, without a client of the protocol. */
export function postMcp(
  url: string,
  key: string | undefined,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      ...JSON_HEADERS,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export function message(method: string, params: object = {}): object {
  return { jsonrpc: "2.0", id: 1, method, params };
}

async function resultOf(response: Response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`/mcp said ${response.status}: ${text}`);
  const { result, error } = answerSchema.parse(JSON.parse(text));
  if (result === undefined) throw new Error(error?.message ?? text);
  return result;
}

/** What a tool came to: its answer, or the sentence that refused it. */
export interface ToolAnswer {
  readonly answer: Readonly<Record<string, unknown>> | undefined;
  readonly refusal: string | undefined;
  readonly text: string;
}

/** @throws Error where the protocol itself refuses */
export async function callTool(
  url: string,
  key: string,
  name: string,
  args: object = {},
): Promise<ToolAnswer> {
  const params = { name, arguments: args };
  const result = await resultOf(
    await postMcp(url, key, message("tools/call", params)),
  );
  const text = (result.content ?? []).map((one) => one.text).join("\n");
  return {
    answer: result.structuredContent,
    refusal: result.isError ? text : undefined,
    text,
  };
}

export async function listTools(url: string, key: string): Promise<string[]> {
  const { tools } = await resultOf(
    await postMcp(url, key, message("tools/list")),
  );
  return (tools ?? []).map(({ name }) => name);
}
