import { z } from "zod";

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z
    .looseObject({ data: z.looseObject({ message: z.string() }).optional() })
    .optional(),
});

/** A person or program at the gateway's Odoo-shaped API, over JSON-RPC (`POST /jsonrpc`). */
export class OdooSession {
  private constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly uid: number,
  ) {}

  static async login(
    url: string,
    login: string,
    key: string,
  ): Promise<OdooSession> {
    const uid = await rpc(url, "common", "login", [DATABASE, login, key]);
    if (typeof uid !== "number")
      throw new Error(`${login} cannot log in at ${url}.`);
    return new OdooSession(url, key, uid);
  }

  /** @throws Error with the fault's sentence */
  execute(
    model: string,
    method: string,
    args: readonly unknown[],
    options: object = {},
  ): Promise<unknown> {
    const call = [DATABASE, this.uid, this.key, model, method, args, options];
    return rpc(this.url, "object", "execute_kw", call);
  }

  async create(model: string, values: object): Promise<number> {
    return z.number().parse(await this.execute(model, "create", [values]));
  }

  /** The only record of a domain, with these fields; undefined if there is none. */
  async findOne<T extends z.ZodType>(
    model: string,
    domain: readonly unknown[],
    schema: T,
    fields: readonly string[],
  ): Promise<z.output<T> | undefined> {
    const options = { fields, limit: 1 };
    const found = await this.execute(model, "search_read", [domain], options);
    return z.array(schema).parse(found)[0];
  }
}

/** Any name will do; the user's organization decides. */
const DATABASE = "test";

async function rpc(
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
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${service}.${method} got ${response.status}: ${text}`);
  const answer = answerSchema.parse(JSON.parse(text));
  if (answer.error !== undefined)
    throw new Error(answer.error.data?.message ?? text);
  return answer.result;
}
