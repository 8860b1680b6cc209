import type { Command, UnchangedClient } from "./unchanged-client";

const HEADERS = {
  "user-agent": "n8n",
  accept: "*/*",
  "content-type": "application/json",
};

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly data: { readonly message: string } };
}

/**
 * The requests that n8n's Odoo node sends, by what it says of itself in its repository: `execute` with bare positional
 * arguments in its first version, `execute_kw` in its second. It signs in anew before each.
 */
export class N8nRequests implements UnchangedClient {
  constructor(
    private readonly url: string,
    private readonly credentials: {
      readonly login: string;
      readonly key: string;
    },
    private readonly version: 1 | 2,
  ) {}

  async ask(command: Command): Promise<Readonly<Record<string, unknown>>> {
    try {
      return { result: await this.run(command) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** What its lists of models and of a model's fields are filled with. */
  async lists(model: string): Promise<readonly [unknown, unknown]> {
    return [
      await this.call("ir.model", "search_read", [], ["name", "model"]),
      await this.call(
        model,
        "fields_get",
        [],
        ["string", "type", "help", "required", "name"],
      ),
    ];
  }

  /** Its operation "get many" of a custom resource, with a filter whose value is a text. */
  getMany(model: string, filter: readonly [string, string, string]) {
    return this.call(model, "search_read", [filter], ["name"], 0, 50);
  }

  private run({ id = 0, ...command }: Command): Promise<unknown> {
    const { model = "", values = {} } = command;
    const run = {
      sign_in: () => this.signIn(command.key),
      create: () => this.call(model, "create", values),
      search: () => this.searched(model, command.domain),
      read: () => this.first(model, id, command.fields),
      write: () => this.call(model, "write", [id], values),
      run: () => this.call(model, command.method ?? "", [id]),
    };
    return run[command.do]();
  }

  /** It has no search of its own: "get many" reads what it finds. */
  private async searched(model: string, domain: readonly unknown[] = []) {
    const found = await this.call(model, "search_read", domain, ["id"], 0, 0);
    return (found as readonly { id: number }[]).map(({ id }) => id);
  }

  private async first(
    model: string,
    id: number,
    fields: readonly string[] = [],
  ) {
    return ((await this.call(model, "read", [id], fields)) as object[])[0];
  }

  /** @throws Error that n8n shows, which is `data.message` */
  private async call(
    model: string,
    method: string,
    ...args: readonly unknown[]
  ): Promise<unknown> {
    const { key } = this.credentials;
    const start = ["any", await this.signIn(), key, model, method];
    return this.version === 1
      ? this.post("object", "execute", [...start, ...args])
      : this.post("object", "execute_kw", [...start, args, {}]);
  }

  private async signIn(key = this.credentials.key): Promise<unknown> {
    const { login } = this.credentials;
    const uid = await this.post("common", "login", ["any", login, key]);
    if (typeof uid !== "number")
      throw new Error(`Unexpected login result type: ${typeof uid}`);
    return uid;
  }

  private async post(
    service: string,
    method: string,
    args: readonly unknown[],
  ): Promise<unknown> {
    const response = await fetch(`${this.url}/jsonrpc`, {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify({
        jsonrpc: "2.0",
        method: "call",
        params: { service, method, args },
        id: 42,
      }),
    });
    const { error, result } = (await response.json()) as Answer;
    if (error) throw new Error(error.data.message);
    return result;
  }
}
