import { OdooGateway } from "../odoo-clients/odoo-gateway";
import { JSON_HEADERS, message, postMcp } from "./mcp-call";

jest.setTimeout(120_000);

const INITIALIZE = message("initialize", {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "raw", version: "1" },
});
const LIST = message("tools/list");

describe("/mcp on the wire", () => {
  let gateway: OdooGateway;
  let key: string;

  beforeAll(async () => {
    gateway = await OdooGateway.start();
    ({ key } = await gateway.addUser("ann@example.com", "reader"));
  });
  afterAll(() => gateway?.stop());

  const post = (
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => postMcp(gateway.url, key, body, headers);

  it("answers each request by itself, as one JSON text, with no session to keep", async () => {
    const opened = await post(INITIALIZE);
    expect(opened.status).toBe(200);
    expect(opened.headers.get("content-type")).toContain("application/json");
    expect(opened.headers.get("mcp-session-id")).toBeNull();
    expect(opened.headers.get("cache-control")).toBe("no-store");
    expect(await opened.json()).toMatchObject({
      id: 1,
      result: {
        protocolVersion: "2025-06-18",
        serverInfo: { name: "vworkspace" },
        capabilities: { tools: {} },
        instructions: expect.stringContaining("untrusted") as string,
      },
    });
    const noted = await post({
      jsonrpc: "2.0",
      method: "notifications/initialized",
    });
    expect(noted.status).toBe(202);
    expect(await noted.text()).toBe("");
    // Without having opened anything before.
    expect((await post(LIST)).status).toBe(200);
  });

  it("has neither a stream nor a session for GET and DELETE", async () => {
    for (const method of ["GET", "DELETE"]) {
      const response = await fetch(`${gateway.url}/mcp`, {
        method,
        headers: { ...JSON_HEADERS, authorization: `Bearer ${key}` },
      });
      expect([method, response.status]).toEqual([method, 405]);
    }
  });

  it("is for no page of another site, and tells no browser that it may read", async () => {
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: gateway.url.replace("127.0.0.1", "localhost") },
      { "sec-fetch-site": "cross-site" },
    ] as Record<string, string>[]) {
      const response = await post(LIST, headers);
      expect([headers, response.status]).toEqual([headers, 403]);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await post(LIST, { origin: gateway.url })).status).toBe(200);
    const preflight = await fetch(`${gateway.url}/mcp`, {
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
      },
    });
    expect(preflight.status).toBe(404);
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each([
    ["no JSON", "{", 400],
    ["nothing", "", 400],
    ["a list of messages, which would be counted as one", [LIST, LIST], 400],
    ["a text", '"tools/list"', 400],
    ["nesting beyond 64 levels", `${"[".repeat(65)}${"]".repeat(65)}`, 413],
    ["more than 1 MiB", JSON.stringify({ text: "x".repeat(2 ** 20) }), 413],
    ["U+0000", '{"jsonrpc":"2.0","id":1,"method":"\\u0000"}', 400],
  ])("refuses %s", async (_what, body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      message: expect.any(String) as string,
    });
  });

  it("refuses another type than JSON, and a client that takes no JSON", async () => {
    expect((await post(LIST, { "content-type": "text/plain" })).status).toBe(
      415,
    );
    expect((await post(LIST, { accept: "text/html" })).status).toBe(406);
  });

  it("knows no method but its own, and no tool that it doesn't list", async () => {
    const said = async (method: string, params = {}) =>
      (await (await post(message(method, params))).json()) as object;
    for (const method of ["resources/list", "prompts/list", "x", "__proto__"])
      expect(await said(method)).toMatchObject({ error: { code: -32601 } });
    for (const name of ["approve_operation", "delete_instance", "constructor"])
      expect(await said("tools/call", { name })).toMatchObject({
        error: {
          code: -32602,
          message: expect.stringContaining("There is no such tool") as string,
        },
      });
  });

  it("keeps nobody waiting who would listen to what never changes", async () => {
    const listen = {
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: {
        notifications: { toolsListChanged: true },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    };
    const response = await post(listen, {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "subscriptions/listen",
    });
    expect(await response.json()).toMatchObject({ error: {} });
  });
});
