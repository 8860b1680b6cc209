import { inspect } from "node:util";
import { DomainError } from "@vworkspace/kernel";
import { RpcFault } from "../rpc-fault";
import { OdooClient } from "./odoo-client";
import {
  type HttpAnswer,
  type HttpExchange,
  RpcTransport,
} from "./rpc-transport";
import { FakeOdoo } from "./testing/fake-odoo";

/** Hands requests to the Odoo in memory; `garble` changes what comes back. */
class DirectTransport extends RpcTransport {
  override readonly host = "odoo.example";
  garble = (body: string): string => body;

  constructor(private readonly odoo: FakeOdoo) {
    super();
  }

  override exchange({ path, body }: HttpExchange): Promise<HttpAnswer> {
    const answer = this.odoo.answer(path, body);
    return Promise.resolve({
      ...answer,
      body: Buffer.from(this.garble(answer.body)),
    });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override abort(): Promise<void> {
    return Promise.resolve();
  }
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("The call was expected to fail.");
}

describe.each(["xmlrpc", "jsonrpc"] as const)(
  "OdooClient over %s",
  (protocol) => {
    let odoo: FakeOdoo;
    let transport: DirectTransport;
    let client: OdooClient;

    beforeEach(() => {
      odoo = new FakeOdoo();
      transport = new DirectTransport(odoo);
      client = new OdooClient(FakeOdoo.credentials, transport, protocol);
    });

    it("asks for the version without logging in", async () => {
      const version = await client.version();
      expect(version.server_version).toBe("19.0");
      expect(odoo.calls.has("common.authenticate")).toBe(false);
    });

    it("logs in with database, login and key", async () => {
      expect(await client.authenticate()).toBe(7);
    });

    it("says who was refused, and not with which key", async () => {
      const wrong = { ...FakeOdoo.credentials, key: "wr0ng-key" };
      const error = await errorOf(
        new OdooClient(wrong, transport, protocol).authenticate(),
      );
      expect(error).toMatchObject({
        kind: "accessDenied",
        code: "unauthenticated",
        message:
          "The Odoo at odoo.example refuses the key of bridge for the database demo.",
      });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(
        "wr0ng-key",
      );
    });

    it("carries values both ways", async () => {
      const note = {
        text: "a\r\nb <&> ]]> ü 𝄞",
        n: -5,
        half: 0.5,
        tags: [true, ""],
      };
      const id = await client.executeKw("note", "create", [note]);
      expect(await client.executeKw("note", "read", [id])).toEqual(note);
    });

    it("logs in once for many calls, also concurrent ones", async () => {
      await Promise.all(
        [1, 2, 3].map((n) => client.executeKw("note", "create", [{ n }])),
      );
      expect(odoo.calls.get("common.authenticate")).toBe(1);
      expect(odoo.calls.get("object.execute_kw")).toBe(3);
    });

    it("tries to log in again after a login that failed", async () => {
      transport.garble = () => "nonsense";
      await errorOf(client.executeKw("note", "read", [1]));
      transport.garble = (body) => body;
      expect(await client.executeKw("note", "read", [1])).toEqual([]);
    });

    it.each([
      ["note", "_secret", "accessError", "forbidden", "_secret is private"],
      ["nothing", "read", "user", "conflict", "Object nothing doesn't exist"],
    ])("turns the fault of %s.%s into a typed error", async (...row) => {
      const [model, method, kind, code, message] = row;
      const error = await errorOf(client.executeKw(model, method, [1]));
      expect(error).toBeInstanceOf(RpcFault);
      expect(error).toMatchObject({ kind, code, message });
    });

    it("takes the key out of what the other side writes", async () => {
      const error = await errorOf(
        client.executeKw("note", "echo_credentials", []),
      );
      expect(error).toMatchObject({ message: "bad call with ***" });
      expect(inspect(error, { depth: 9 })).not.toContain("s3cret-key");
    });

    it("calls an answer that can't be read unavailable, without its text", async () => {
      transport.garble = () => "<html>s3cret-key</html>";
      const error = await errorOf(client.version());
      expect(error).toBeInstanceOf(DomainError);
      expect(error).toMatchObject({ code: "unavailable" });
      expect(inspect(error, { depth: 9 })).not.toContain("s3cret-key");
    });

    it("refuses an answer with a version of another shape", async () => {
      transport.garble = (body) => body.replace("server_version", "other");
      expect(await errorOf(client.version())).toMatchObject({
        code: "unavailable",
        message: "The Odoo at odoo.example does not say its version.",
      });
    });
  },
);

describe("OdooClient.connect", () => {
  it.each([
    ["ftp://odoo.example", "url must be the http or https address of an Odoo."],
    ["odoo", "url must be the http or https address of an Odoo."],
    [
      "https://bridge:s3cret-key@odoo.example",
      "url must not hold a user or password; they belong into login and key.",
    ],
  ])("refuses %s", (url, message) => {
    const options = {
      ...FakeOdoo.credentials,
      url,
      protocol: "xmlrpc" as const,
    };
    expect(() => OdooClient.connect(options)).toThrow(message);
  });
});
