import fc from "fast-check";
import { RpcUsageError } from "../rpc-errors";
import { RpcFault } from "../rpc-fault";
import type { RpcStruct, RpcValue } from "../rpc-value";
import { decodeJson } from "./decode-json";
import {
  decodeJsonRpcRequest,
  decodeJsonRpcResponse,
  encodeJson,
  encodeJsonRpcCall,
  encodeJsonRpcError,
  encodeJsonRpcResult,
  serviceCallOf,
} from "./json-rpc";

describe("decodeJson", () => {
  it("agrees with JSON.parse on every JSON text", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(decodeJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("keeps keys away from prototypes", () => {
    const value = decodeJson('{"__proto__":{"admin":true}}') as RpcStruct;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(value.admin).toBeUndefined();
    expect(value.constructor).toBeUndefined();
  });

  it.each([5_000, 400_000])("refuses %d levels at the limit", (levels) => {
    expect(() => decodeJson("[".repeat(levels))).toThrow(
      "The JSON is nested deeper than 64 levels or holds more than 100000 values.",
    );
    expect(() => decodeJson('{"a":'.repeat(levels / 10))).toThrow(/deeper/);
  });

  it("counts brackets outside of texts only, and up to the limit", () => {
    const limits = { bytes: 1000, depth: 2, values: 10 };
    expect(decodeJson(JSON.stringify([['[[[{{{"\\']]), limits)).toEqual([
      ['[[[{{{"\\'],
    ]);
    const quoting = [['"[[[[{{{,,,,,,,,,,\\']];
    expect(decodeJson(JSON.stringify(quoting), limits)).toEqual(quoting);
    expect(() => decodeJson("[[[]]]", limits)).toThrow(RpcUsageError);
    expect(decodeJson("[1,2,3,4,5,6,7,8]", limits)).toHaveLength(8);
    expect(() => decodeJson("[1,2,3,4,5,6,7,8,9,10]", limits)).toThrow(
      /more than 10 values/,
    );
    expect(() => decodeJson(`"${"x".repeat(999)}"`, limits)).toThrow(
      /1001 bytes/,
    );
  });

  it("refuses bad JSON without quoting it", () => {
    expect(() => decodeJson('{"key": "s3cret-key"')).toThrow(
      expect.objectContaining({
        code: "malformed_json",
        message: "The body is not valid JSON.",
      }) as Error,
    );
  });

  it.each(['"\\u0000"', '{"\\u0000":1}', '["\\ud800"]'])(
    "refuses %s, which no store holds",
    (text) => {
      expect(() => decodeJson(text)).toThrow(/U\+0000/);
    },
  );

  it("throws nothing but its own error, whatever comes", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\",
      ",",
      ":",
      "1",
      "null",
      " ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join("")),
        ),
        (text) => {
          try {
            decodeJson(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RpcUsageError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("JSON-RPC requests", () => {
  it("are read as odoorpc, odooly and n8n send them", () => {
    const versionInfo = '{"jsonrpc":"2.0","method":"call","params":{},"id":3}';
    expect(decodeJsonRpcRequest(versionInfo)).toEqual({ id: 3, params: {} });
    const call =
      '{"jsonrpc":"2.0","method":"call","params":{"service":"object","method":"execute","args":["d",2,"k","m","read",[1]]},"id":"x"}';
    const { id, params } = decodeJsonRpcRequest(Buffer.from(call));
    expect(id).toBe("x");
    expect(serviceCallOf(params)).toEqual({
      service: "object",
      method: "execute",
      args: ["d", 2, "k", "m", "read", [1]],
    });
  });

  it("without an id, or with one that is none, have the id null", () => {
    expect(decodeJsonRpcRequest('{"params":{}}').id).toBeNull();
    expect(decodeJsonRpcRequest('{"id":[1]}')).toEqual({
      id: null,
      params: {},
    });
  });

  it.each([
    ["[]", /batch/],
    ["1", /JSON-RPC object/],
    ['{"params":[]}', /params of a JSON-RPC call must be an object/],
  ])("%s is refused", (body, message) => {
    expect(() => decodeJsonRpcRequest(body)).toThrow(message);
  });

  it.each<[RpcStruct, RegExp]>([
    [{}, /params\.service/],
    [{ service: "common" }, /params\.method/],
    [{ service: "common", method: "login" }, /params\.args/],
    [{ service: "common", method: "login", args: {} }, /params\.args/],
  ])("params %j are refused by name", (params, message) => {
    expect(() => serviceCallOf(params)).toThrow(message);
  });
});

describe("JSON-RPC answers", () => {
  it("carry what XML-RPC can't: null, large integers, control characters", () => {
    const value: RpcValue = { a: null, b: 2 ** 40, c: "\u0001" };
    expect(decodeJsonRpcResponse(encodeJsonRpcResult(1, value), 1)).toEqual(
      value,
    );
  });

  it("carry bytes as base64, as Odoo's binary fields do", () => {
    const text = encodeJson([Uint8Array.of(1, 2), { b: Buffer.from([3]) }]);
    expect(JSON.parse(text)).toEqual(["AQI=", { b: "Aw==" }]);
  });

  it("have Odoo's shape for errors", () => {
    const error = {
      kind: "missing",
      message: "Record does not exist.",
    } as const;
    expect(JSON.parse(encodeJsonRpcError("x", error))).toEqual({
      jsonrpc: "2.0",
      id: "x",
      error: {
        code: 0,
        message: "Odoo Server Error",
        data: {
          name: "odoo.exceptions.MissingError",
          message: "Record does not exist.",
          arguments: ["Record does not exist."],
          context: {},
          debug: "odoo.exceptions.MissingError: Record does not exist.",
        },
      },
    });
  });

  it.each<[RpcValue, string, string]>([
    [
      {
        code: 200,
        message: "Odoo Server Error",
        data: { name: "odoo.exceptions.AccessError", message: "no" },
      },
      "accessError",
      "no",
    ],
    [
      {
        code: 0,
        message: "Odoo Server Error",
        data: { name: "builtins.KeyError", message: "" },
      },
      "programming",
      "Odoo Server Error",
    ],
    [
      {
        code: 100,
        message: "Odoo Session Expired",
        data: { name: "odoo.http.SessionExpiredException" },
      },
      "programming",
      "Odoo Session Expired",
    ],
    ["nonsense", "programming", "The answer is an error."],
  ])("the error %j becomes a fault", (error, kind, message) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, error });
    expect(() => decodeJsonRpcResponse(body, 1)).toThrow(RpcFault);
    expect(() => decodeJsonRpcResponse(body, 1)).toThrow(
      expect.objectContaining({ kind, message }) as Error,
    );
  });

  it("without result mean null, and with another id are refused", () => {
    expect(decodeJsonRpcResponse('{"jsonrpc":"2.0","id":1}', 1)).toBeNull();
    expect(() =>
      decodeJsonRpcResponse('{"jsonrpc":"2.0","id":2,"result":1}', 1),
    ).toThrow(/no JSON-RPC answer/);
  });

  it("a call that is encoded decodes to the same", () => {
    const call = {
      service: "object",
      method: "execute_kw",
      args: ["db", 1, [{ a: [] }]],
    };
    const { id, params } = decodeJsonRpcRequest(encodeJsonRpcCall(9, call));
    expect([id, serviceCallOf(params)]).toEqual([9, call]);
  });
});
