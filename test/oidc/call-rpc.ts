import { z } from "zod";

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ data: z.object({ message: z.string() }) }).optional(),
});

/** A call of a program with an API key, over JSON-RPC. @throws Error with the gateway's sentence */
export async function callRpc(
  url: string,
  { login, key }: { readonly login: string; readonly key: string },
  call: readonly [
    model: string,
    method: string,
    args: readonly unknown[],
    keywords?: object,
  ],
): Promise<unknown> {
  const uid = await post(url, "common", "login", ["any", login, key]);
  return post(url, "object", "execute_kw", ["any", uid, key, ...call]);
}

async function post(
  url: string,
  service: string,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const response = await fetch(`${url}/jsonrpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      method: "call",
      id: 1,
      params: { service, method, args },
    }),
  });
  const { error, result } = answerSchema.parse(await response.json());
  if (error) throw new Error(error.data.message);
  return result;
}
