import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { HttpTransport } from "./http-transport";
import { OdooClient } from "./odoo-client";
import { FakeOdoo } from "./testing/fake-odoo";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(handler: Handler): Promise<[Server, string]> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return [server, `http://127.0.0.1:${port}`];
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

describe.each(["xmlrpc", "jsonrpc"] as const)(
  "an Odoo over HTTP, %s",
  (protocol) => {
    it("is called under a path of its own, and keeps what it is told", async () => {
      const odoo = new FakeOdoo();
      const [server, url] = await listen((request, response) => {
        void bodyOf(request).then((body) => {
          const path = (request.url ?? "").replace("/under", "");
          const answer = odoo.answer(path, body);
          response.writeHead(answer.status, {
            "content-type": answer.contentType,
          });
          response.end(answer.body);
        });
      });
      const client = OdooClient.connect({
        ...FakeOdoo.credentials,
        url: `${url}/under/`,
        protocol,
      });
      const id = await client.executeKw("note", "create", [{ text: "ü\r\n𝄞" }]);
      const note = await client.executeKw("note", "read", [id]);
      await client.close();
      await stop(server);
      expect(note).toEqual({ text: "ü\r\n𝄞" });
    });
  },
);

describe("HttpTransport", () => {
  const post = async (handler: Handler, timeoutMs = 5_000) => {
    const requests: string[] = [];
    const [server, url] = await listen((request, response) => {
      requests.push(request.url ?? "");
      handler(request, response);
    });
    const transport = new HttpTransport({
      url,
      timeoutMs,
      maxResponseBytes: 1000,
    });
    const outcome: unknown = await transport
      .post("/jsonrpc", "application/json", '"s3cret-key"')
      .catch((error: unknown) => error);
    await stop(server);
    await transport.close();
    return { outcome, requests };
  };

  it.each<[string, Handler, RegExp]>([
    [
      "follows no redirect",
      (_request, response) =>
        response.writeHead(307, { location: "/elsewhere" }).end(),
      /answered with HTTP status 307/,
    ],
    [
      "refuses another status than 200",
      (_request, response) =>
        response.writeHead(404).end("<h1>no such database</h1>"),
      /answered with HTTP status 404/,
    ],
    [
      "reads no more than its limit",
      (_request, response) => response.end("x".repeat(100_000)),
      /sent more than 1000 bytes/,
    ],
    [
      "does not send a call again when the connection breaks",
      (request) => request.socket.destroy(),
      /can't be reached/,
    ],
  ])("%s", async (_title, handler, message) => {
    const { outcome, requests } = await post(handler);
    expect(outcome).toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(message) as string,
    });
    expect(requests).toEqual(["/jsonrpc"]);
    expect(inspect(outcome, { depth: 9 })).not.toContain("s3cret-key");
  });

  it("gives up on an answer that doesn't come, or doesn't end", async () => {
    const silent = await post(() => undefined, 200);
    const endless = await post((_request, response) => {
      response.write("{");
    }, 200);
    for (const { outcome, requests } of [silent, endless]) {
      expect(outcome).toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(
          /did not answer within 200 ms/,
        ) as string,
      });
      expect(requests).toHaveLength(1);
    }
  });

  it("says that nothing listens", async () => {
    const [server, url] = await listen(() => undefined);
    await stop(server);
    const transport = new HttpTransport({
      url,
      timeoutMs: 5_000,
      maxResponseBytes: 1000,
    });
    await expect(
      transport.post("/jsonrpc", "application/json", "{}"),
    ).rejects.toMatchObject({
      code: "unavailable",
      message: `The Odoo at ${new URL(url).host} can't be reached.`,
    });
    await transport.close();
  });
});
