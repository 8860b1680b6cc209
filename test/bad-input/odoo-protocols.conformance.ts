import {
  decodeMethodResponse,
  encodeMethodCall,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { OdooGateway } from "../odoo-clients/odoo-gateway";
import { faultOf, FIRST_UID, OdooCaller } from "./odoo-caller";

jest.setTimeout(120_000);

let gateway: OdooGateway;
let caller: OdooCaller;

beforeAll(async () => {
  gateway = await OdooGateway.start();
  caller = new OdooCaller(gateway.url, gateway.admin.key);
});
afterAll(() => gateway?.stop());

describe("XML that can't be read", () => {
  const value = (inner: string) =>
    `<?xml version="1.0"?><methodCall><methodName>version</methodName><params><param><value>${inner}</value></param></params></methodCall>`;

  it.each<readonly [string, string, string]>([
    [
      "nothing",
      "",
      "The XML is not well-formed: 1:0: document must contain a root element.",
    ],
    [
      "a tag that isn't closed",
      "<methodCall><methodName>version",
      "The XML is not well-formed: 1:31: unclosed tag: methodName",
    ],
    [
      "another document",
      "<html></html>",
      "The element <html> can't stand in <the document> there.",
    ],
    [
      "a DOCTYPE",
      `<!DOCTYPE methodCall SYSTEM "file:///etc/passwd">${value("x").slice(21)}`,
      "The XML has a DOCTYPE; XML-RPC needs none, and neither it nor entities are accepted.",
    ],
    [
      "entities that expand into each other",
      `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${value("&b;").slice(21)}`,
      "The XML has a DOCTYPE; XML-RPC needs none, and neither it nor entities are accepted.",
    ],
    [
      "an entity that nobody declared",
      value("<string>&b;</string>"),
      "The XML uses an entity other than the five predefined ones and references to allowed characters.",
    ],
    [
      "5,000 levels",
      value(
        `${"<array><data><value>".repeat(1667)}1${"</value></data></array>".repeat(1667)}`,
      ),
      "The XML is nested deeper than 64 elements.",
    ],
    [
      "text that is no UTF-8 by its declaration",
      value("x").replace('"1.0"', '"1.0" encoding="ISO-8859-1"'),
      "The XML is declared as ISO-8859-1; send UTF-8.",
    ],
    [
      "an integer that is none",
      value("<int>1e3</int>"),
      '"1e3" is no XML-RPC integer between -(2^53 - 1) and 2^53 - 1.',
    ],
  ])("%s is fault 1, on all four paths", async (_what, body, sentence) => {
    for (const service of ["common", "object"]) {
      expect(faultOf(await caller.post(`/xmlrpc/2/${service}`, body))).toEqual([
        1,
        sentence,
      ]);
      const textual = await caller.post(`/xmlrpc/${service}`, body);
      expect(() => decodeMethodResponse(textual)).toThrow(sentence);
    }
  });

  it("a body above 1 MiB is refused with 413, on every path", async () => {
    const body = value("x".repeat(1024 * 1024));
    for (const path of ["/xmlrpc/2/common", "/xmlrpc/object", "/jsonrpc"]) {
      const response = await caller.send(path, body);
      expect([path, response.status]).toEqual([path, 413]);
      expect(await response.json()).toMatchObject({
        error: "payload_too_large",
        message: "The body is larger than 1 MiB.",
      });
    }
  });
});

describe("JSON that can't be read", () => {
  it.each<readonly [string, string, string]>([
    ["nothing", "", "The body is not valid JSON."],
    [
      "an object that isn't closed",
      '{"params":',
      "The body is not valid JSON.",
    ],
    ["a list of calls", "[]", "A batch of JSON-RPC calls is not accepted."],
    ["a number", "5", "The body must be a JSON-RPC object."],
    [
      "params that are a list",
      '{"params":[]}',
      "The params of a JSON-RPC call must be an object.",
    ],
    [
      "no service",
      '{"params":{}}',
      "params.service must be 'common' or 'object'.",
    ],
    [
      "another service",
      '{"params":{"service":"report","method":"x","args":[]}}',
      'The service "report" does not exist; there are common and object.',
    ],
    [
      "5,000 levels",
      `{"params":${"[".repeat(5000)}${"]".repeat(5000)}}`,
      "The JSON is nested deeper than 64 levels or holds more than 100000 values.",
    ],
    [
      "a text that no database can hold",
      '{"params":{"service":"\\u0000"}}',
      "A text holds U+0000 or half a surrogate pair; neither can be stored.",
    ],
  ])("%s is an error of JSON-RPC", async (_what, body, sentence) => {
    expect(JSON.parse(await caller.post("/jsonrpc", body))).toEqual({
      jsonrpc: "2.0",
      id: null,
      error: {
        code: 0,
        message: "Odoo Server Error",
        data: {
          name: "builtins.ValueError",
          message: sentence,
          arguments: [sentence],
          context: {},
          debug: `builtins.ValueError: ${sentence}`,
        },
      },
    });
  });

  it("the list of databases is nobody's business", async () => {
    const body = '{"jsonrpc":"2.0","method":"call","params":{},"id":7}';
    const listed = JSON.parse(
      await caller.post("/web/database/list", body),
    ) as object;
    expect(listed).toMatchObject({
      id: 7,
      error: {
        data: {
          name: "odoo.exceptions.AccessDenied",
          message: "Access Denied",
        },
      },
    });
    const service = '{"params":{"service":"db","method":"list","args":[]}}';
    expect(JSON.parse(await caller.post("/jsonrpc", service))).toMatchObject({
      error: { data: { message: "Access Denied" } },
    });
  });
});

describe("credentials that are nobody's", () => {
  it.each<readonly [string, readonly RpcValue[]]>([
    ["a wrong key", ["any", FIRST_UID, "wrong"]],
    ["an empty key", ["any", FIRST_UID, ""]],
    ["a key that is no text", ["any", FIRST_UID, 5]],
    ["a very long key", ["any", FIRST_UID, "x".repeat(100_000)]],
    ["no database", ["", FIRST_UID, "KEY"]],
    ["another's uid", ["any", 2, "KEY"]],
    ["a uid that is none", ["any", "1; drop table users", "KEY"]],
    ["a uid beyond 32 bits", ["any", 99_999_999_999, "KEY"]],
  ])(
    "%s: false from authenticate's relatives, fault 3 from a call",
    async (_what, start) => {
      const params = start.map((one) => (one === "KEY" ? caller.key : one));
      const bodyOf = (method: string, args: readonly RpcValue[]) =>
        JSON.stringify({
          params: {
            service: method === "login" ? "common" : "object",
            method,
            args,
          },
        });
      const called = await caller.post(
        "/jsonrpc",
        bodyOf("execute_kw", [...params, "vworkspace.cluster", "search", []]),
      );
      expect(JSON.parse(called)).toMatchObject({
        error: {
          data: {
            name: "odoo.exceptions.AccessDenied",
            message: "Access Denied",
          },
        },
      });
      expect(
        JSON.parse(await caller.post("/jsonrpc", bodyOf("login", params))),
      ).toMatchObject({ result: false });
      const [database, uid] = params;
      if (typeof uid === "number" && uid > 2 ** 31) return;
      const xml = encodeMethodCall("execute", [
        database ?? "",
        uid ?? 0,
        params[2] ?? "",
        "vworkspace.cluster",
        "search",
        [],
      ]);
      expect(faultOf(await caller.post("/xmlrpc/2/object", xml))).toEqual([
        3,
        "Access Denied",
      ]);
    },
  );
});
