import { inspect } from "node:util";
import { RpcFault } from "../rpc-fault";
import { Json2Client } from "./json2-client";
import {
  type HttpAnswer,
  type HttpExchange,
  RpcTransport,
} from "./rpc-transport";

const KEY = "s3cret-key";

/** Answers every request alike, and keeps what it was sent. */
class OneAnswer extends RpcTransport {
  override readonly host = "odoo.example";
  readonly requests: HttpExchange[] = [];

  constructor(
    private readonly status: number,
    private readonly body: string,
    private readonly contentType = "application/json",
  ) {
    super();
  }

  override exchange(request: HttpExchange): Promise<HttpAnswer> {
    this.requests.push(request);
    const { status, contentType } = this;
    return Promise.resolve({
      status,
      contentType,
      body: Buffer.from(this.body),
    });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override abort(): Promise<void> {
    return Promise.resolve();
  }
}

function client(transport: RpcTransport): Json2Client {
  return new Json2Client({ database: "demo", key: KEY }, transport);
}

async function errorOf(transport: RpcTransport): Promise<unknown> {
  return client(transport)
    .call("note", "read", {})
    .then(
      () => new Error("The call was expected to fail."),
      (error: unknown) => error,
    );
}

describe("a call by JSON-2", () => {
  it("has named arguments, the database and the key in headers", async () => {
    const transport = new OneAnswer(200, '[{"id": 9000000000, "text": null}]');
    const answer = await client(transport).call("note", "read", { ids: [1] });
    expect(answer).toEqual([{ id: 9_000_000_000, text: null }]);
    expect(transport.requests).toEqual([
      {
        path: "/json/2/note/read",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${KEY}`,
          "x-odoo-database": "demo",
        },
        body: '{"ids":[1]}',
      },
    ]);
  });

  it("leads nowhere else, whatever the model is called", async () => {
    const transport = new OneAnswer(200, "null");
    await client(transport).call("../web", "a/b", {});
    expect(transport.requests[0]?.path).toBe("/json/2/..%2Fweb/a%2Fb");
  });

  it.each([
    [401, "werkzeug.exceptions.Unauthorized", "accessDenied"],
    [403, "odoo.exceptions.AccessError", "accessError"],
    [404, "odoo.exceptions.MissingError", "missing"],
    [422, "odoo.exceptions.ValidationError", "validation"],
    [500, "builtins.KeyError", "programming"],
  ])("with status %s and %s is a fault of kind %s", async (...row) => {
    const [status, name, kind] = row;
    const body = JSON.stringify({ name, message: `no: ${KEY}` });
    const error = await errorOf(new OneAnswer(status, body));
    expect(error).toBeInstanceOf(RpcFault);
    expect(error).toMatchObject({ kind, message: "no: ***" });
    expect(inspect(error, { depth: 9 })).not.toContain(KEY);
  });

  it.each([
    [404, "<h1>Not Found</h1>", "text/html", "has no database demo"],
    [502, "<h1>Bad Gateway</h1>", "text/html", "HTTP status 502"],
    [200, "<h1>Welcome</h1>", "text/html", "can't be read"],
    [500, "[]", "application/json", "HTTP status 500"],
    [307, "", "", "HTTP status 307"],
  ])("that is answered with %s %s is unavailable", async (...row) => {
    const [status, body, type, why] = row;
    expect(await errorOf(new OneAnswer(status, body, type))).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(why) as string,
    });
  });

  it("with a key that a proxy refuses is an access that is denied", async () => {
    const error = await errorOf(new OneAnswer(401, "no", "text/plain"));
    expect(error).toMatchObject({
      kind: "accessDenied",
      message:
        "The Odoo at odoo.example refuses the key for the database demo.",
    });
  });
});
