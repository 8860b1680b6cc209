import type { ErrorCode } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { json2Status, odooErrorOf } from "../odoo-error";
import { decodeJson2Body } from "./json-2";

describe("the body of a JSON-2 call", () => {
  it("is an object of named arguments, or nothing", () => {
    expect(decodeJson2Body('{"ids": 7, "context": {}}')).toEqual({
      ids: 7,
      context: {},
    });
    expect(decodeJson2Body("")).toEqual({});
    expect(decodeJson2Body(new Uint8Array())).toEqual({});
  });

  it.each<readonly [string, string | Uint8Array, ErrorCode]>([
    ["no JSON", "{", "malformed_json"],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "malformed_json"],
    ["a list", "[]", "invalid_request"],
    ["null", "null", "invalid_request"],
    ["a text that can't be stored", '{"a": "\\u0000"}', "invalid_request"],
    ["too deep", "[".repeat(65), "payload_too_large"],
  ])("that is %s is refused with its own code", (_what, body, code) => {
    expect(() => decodeJson2Body(body)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});

describe("the status of an error on JSON-2", () => {
  it.each<readonly [ErrorCode, number]>([
    ["malformed_json", 400],
    ["unauthenticated", 401],
    ["forbidden", 403],
    ["not_found", 404],
    ["method_not_allowed", 404],
    ["payload_too_large", 413],
    ["unsupported_media_type", 415],
    ["invalid_request", 422],
    ["validation_failed", 422],
    ["policy_denied", 422],
    ["conflict", 422],
    ["too_many_requests", 429],
    ["internal", 500],
    ["unavailable", 503],
  ])("with our code %s is %d", (code, status) => {
    const error = odooErrorOf(new DomainError(code, "A sentence."));
    expect(json2Status(error)).toBe(status);
  });

  it("without a code follows from the kind", () => {
    expect(json2Status({ kind: "accessDenied", message: "x" })).toBe(401);
    expect(json2Status({ kind: "user", message: "x" })).toBe(422);
  });
});
