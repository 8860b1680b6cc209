import { encodeMethodResponse, type RpcValue } from "@vworkspace/odoo-rpc";
import fc from "fast-check";
import { isXmlCarriable, xmlCarriable } from "./xml-carriable";

const json = fc.jsonValue({ maxDepth: 40, noneString: false } as never);

describe("xmlCarriable", () => {
  it("makes of any JSON something that XML-RPC carries", () => {
    fc.assert(
      fc.property(
        fc.oneof(json, fc.double(), fc.string({ unit: "binary" })),
        (value) => {
          const carried = xmlCarriable(value as RpcValue);
          expect(() => encodeMethodResponse(carried)).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });

  it("leaves alone what XML-RPC carries as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const given = value as RpcValue;
        fc.pre(isXmlCarriable(given));
        expect(xmlCarriable(given)).toEqual(given);
      }),
    );
  });

  it.each<readonly [string, RpcValue, RpcValue]>([
    ["nil as false", { a: [null] }, { a: [false] }],
    ["a number beyond 32 bits as its digits", [2 ** 40], ["1099511627776"]],
    ["a control character as U+FFFD", "a\u0001b", "a\uFFFDb"],
    ["a key with one too", { "\u0001": 1 }, { "\uFFFD": 1 }],
  ])("shows %s", (_what, value, shown) => {
    expect(xmlCarriable(value)).toEqual(shown);
  });

  it("shows what is nested very deeply as its JSON text", () => {
    let value: RpcValue = "x";
    for (let level = 0; level < 200; level += 1) value = [value];
    expect(JSON.stringify(xmlCarriable(value))).toContain("[[[");
    expect(isXmlCarriable(value)).toBe(false);
    expect(isXmlCarriable(xmlCarriable(value))).toBe(true);
  });
});
