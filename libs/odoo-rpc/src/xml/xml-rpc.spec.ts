import fc from "fast-check";
import { RpcUsageError, UnencodableValueError } from "../rpc-errors";
import { RpcFault } from "../rpc-fault";
import type { RpcValue } from "../rpc-value";
import { xmlRpcValue, xmlText } from "../testing/arbitrary-values";
import { decodeMethodCall, decodeMethodResponse } from "./decode-xml-rpc";
import {
  encodeFault,
  encodeMethodCall,
  encodeMethodResponse,
} from "./encode-xml-rpc";

const call = (value: string): string =>
  `<?xml version='1.0'?>\n<methodCall>\n<methodName>execute_kw</methodName>\n<params>\n<param>\n${value}\n</param>\n</params>\n</methodCall>\n`;

const decodeOne = (value: string): RpcValue | undefined =>
  decodeMethodCall(call(value)).params[0];

describe("decodeMethodCall", () => {
  it.each<[string, RpcValue]>([
    ["<value/>", ""],
    ["<value></value>", ""],
    ["<value>text</value>", "text"],
    ["<value>  two  </value>", "  two  "],
    ["<value><string/></value>", ""],
    ["<value><string> a\n</string></value>", " a\n"],
    ["<value> <string>a</string>\n</value>", "a"],
    ["<value><string>&lt;&amp;&#13;&#x1D11E;&quot;</string></value>", '<&\r𝄞"'],
    ["<value><string>a\r\nb</string></value>", "a\nb"],
    ["<value><string>a<!-- no -->b<![CDATA[<c>]]></string></value>", "ab<c>"],
    ["<value><int> -7 </int></value>", -7],
    ["<value><i4>+2147483647</i4></value>", 2147483647],
    ["<value><i8>1099511627776</i8></value>", 1099511627776],
    ["<value><ex:i8>5</ex:i8></value>", 5],
    ["<value><double>-1.5e-3</double></value>", -0.0015],
    ["<value><double>2.0</double></value>", 2],
    ["<value><boolean>1</boolean></value>", true],
    ["<value><boolean>0</boolean></value>", false],
    ["<value><nil/></value>", null],
    ["<value><ex:nil/></value>", null],
    [
      "<value><base64>\nAAEC\n/w==\n</base64></value>",
      Uint8Array.of(0, 1, 2, 255),
    ],
    [
      "<value><dateTime.iso8601>20260131T13:00:05</dateTime.iso8601></value>",
      "2026-01-31 13:00:05",
    ],
    [
      "<value><dateTime.iso8601>2026-01-31T13:00:05.9+02:00</dateTime.iso8601></value>",
      "2026-01-31 11:00:05",
    ],
    ["<value><array><data/></array></value>", []],
    [
      "<value><array><data><value>a</value><value/></data></array></value>",
      ["a", ""],
    ],
    ["<value><struct/></value>", {}],
    [
      "<value><struct><member><name>a b</name><value><int>1</int></value></member></struct></value>",
      { "a b": 1 },
    ],
  ])("reads %s", (xml, value) => {
    expect(decodeOne(xml)).toEqual(value);
  });

  it("reads a call without params, and params without values", () => {
    const empty = { method: "version", params: [] };
    const start = "<methodCall><methodName>version</methodName>";
    expect(decodeMethodCall(`${start}</methodCall>`)).toEqual(empty);
    expect(decodeMethodCall(`${start}<params/></methodCall>`)).toEqual(empty);
  });

  it("reads bytes with a byte order mark, declared as UTF-8 in any case", () => {
    const xml =
      '\ufeff<?xml version="1.0" encoding="utf-8"?><methodCall><methodName>ü.a</methodName></methodCall>';
    const latin = xml.replace("ü", "u");
    expect(decodeMethodCall(Buffer.from(latin)).method).toBe("u.a");
  });

  it("lets the last of equal keys win and keeps every key away from prototypes", () => {
    const member = (name: string, value: string): string =>
      `<member><name>${name}</name><value>${value}</value></member>`;
    const value = decodeOne(
      `<value><struct>${member("a", "1")}${member("__proto__", "x")}${member("a", "2")}</struct></value>`,
    ) as Record<string, RpcValue>;
    expect(Object.entries(value)).toEqual([
      ["a", "2"],
      ["__proto__", "x"],
    ]);
    expect(value.constructor).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it.each([
    ["a DOCTYPE", "<!DOCTYPE x><methodCall/>", /DOCTYPE/],
    [
      "entity definitions",
      '<!DOCTYPE x [<!ENTITY a "b">]><methodCall>&a;</methodCall>',
      /DOCTYPE/,
    ],
    ["an undefined entity", call("<value>&lol;</value>"), /entity/],
    [
      "a reference to a control character",
      call("<value>&#1;</value>"),
      /entity/,
    ],
    [
      "a reference to half a surrogate pair",
      call("<value>&#xD800;</value>"),
      /entity/,
    ],
    [
      "a control character that XML 1.1 would allow",
      call("<value>&#1;</value>").replace("1.0", "1.1"),
      /entity/,
    ],
    ["a control character", call("<value>\u0001</value>"), /not well-formed/],
    ["half a surrogate pair", call("<value>\ud800</value>"), /UTF-8/],
    ["unclosed elements", "<methodCall><methodName>a", /not well-formed/],
    [
      "crossed elements",
      call("<value><int>1</value></int>"),
      /not well-formed/,
    ],
    [
      "two roots",
      "<methodCall><methodName>a</methodName></methodCall><methodCall/>",
      /not well-formed|can't stand/,
    ],
    ["nothing", "", /not well-formed/],
    [
      "HTML",
      "<html><body>hi</body></html>",
      /<html> can't stand in <the document>/,
    ],
    ["an answer", encodeMethodResponse(1), /<methodResponse> can't stand/],
    [
      "latin-1",
      '<?xml version="1.0" encoding="iso-8859-1"?><methodCall/>',
      /iso-8859-1; send UTF-8/,
    ],
    [
      "an unknown type",
      call("<value><decimal>1</decimal></value>"),
      /<decimal> can't stand in <value>/,
    ],
    [
      "two types in a value",
      call("<value><int>1</int><int>2</int></value>"),
      /<int> can't stand in <value>/,
    ],
    [
      "text beside a type",
      call("<value>x<int>1</int></value>"),
      /<value> can't hold text/,
    ],
    [
      "text in a struct",
      call("<value><struct>x</struct></value>"),
      /<struct> can't hold text/,
    ],
    [
      "an element in an int",
      call("<value><int><b/></int></value>"),
      /<b> can't stand in <int>/,
    ],
    [
      "a member without value",
      call("<value><struct><member><name>a</name></member></struct></value>"),
      /<member> is incomplete/,
    ],
    [
      "a member whose value comes first",
      call(
        "<value><struct><member><value>a</value><name>b</name></member></struct></value>",
      ),
      /<value> can't stand in <member>/,
    ],
    [
      "an array without data",
      call("<value><array/></value>"),
      /<array> is incomplete/,
    ],
    [
      "a param without value",
      "<methodCall><methodName>a</methodName><params><param/></params></methodCall>",
      /<param> is incomplete/,
    ],
    [
      "params before the name",
      "<methodCall><params/><methodName>a</methodName></methodCall>",
      /<params> can't stand/,
    ],
    ["no name", "<methodCall/>", /<methodCall> is incomplete/],
    [
      "an empty name",
      "<methodCall><methodName/></methodCall>",
      /methodName must be/,
    ],
    [
      "an int that is none",
      call("<value><int>1.5</int></value>"),
      /"1.5" is no XML-RPC integer/,
    ],
    ["an empty int", call("<value><int/></value>"), /"" is no XML-RPC integer/],
    [
      "an i8 beyond 2^53",
      call("<value><i8>9007199254740993</i8></value>"),
      /9007199254740993/,
    ],
    [
      "a boolean in words",
      call("<value><boolean>true</boolean></value>"),
      /0 or 1/,
    ],
    ["infinity", call("<value><double>inf</double></value>"), /finite/],
    [
      "an overflowing double",
      call("<value><double>1e999</double></value>"),
      /finite/,
    ],
    ["hexadecimal", call("<value><double>0x10</double></value>"), /finite/],
    ["nil with content", call("<value><nil>x</nil></value>"), /nil/],
    ["bad base64", call("<value><base64>A</base64></value>"), /base64/],
    [
      "a date no calendar has",
      call(
        "<value><dateTime.iso8601>20260231T00:00:00</dateTime.iso8601></value>",
      ),
      /20260231T00:00:00/,
    ],
  ])("refuses %s in a sentence", (_what, xml, message) => {
    expect(() => decodeMethodCall(xml)).toThrow(RpcUsageError);
    expect(() => decodeMethodCall(xml)).toThrow(message);
  });

  it("refuses bytes that are no UTF-8", () => {
    const body = Buffer.from(call("<value>ü</value>"), "latin1");
    expect(() => decodeMethodCall(body)).toThrow(
      "The body is not valid UTF-8.",
    );
  });

  it.each([5_000, 100_000])(
    "refuses %d levels of nesting at the limit",
    (levels) => {
      const nested = "<value><array><data>".repeat(levels);
      expect(() =>
        decodeMethodCall(call(nested), {
          bytes: 2 ** 24,
          depth: 64,
          values: 1e6,
        }),
      ).toThrow("The XML is nested deeper than 64 elements.");
    },
  );

  it("counts elements: as deep as the limit is accepted, one more is not", () => {
    // methodCall, params, param and value are open around the arrays; each adds array, data and value.
    const arrays = (n: number): string =>
      `<value>${"<array><data><value>".repeat(n)}${"</value></data></array>".repeat(n)}</value>`;
    const limits = { bytes: 1e6, depth: 64, values: 1000 };
    expect(decodeMethodCall(call(arrays(20)), limits).params).toHaveLength(1);
    expect(() => decodeMethodCall(call(arrays(21)), limits)).toThrow(/deeper/);
  });

  it("refuses too many bytes before parsing and too many values while parsing", () => {
    const limits = { bytes: 1000, depth: 64, values: 3 };
    const body = call(
      `<value><array><data>${"<value/>".repeat(3)}</data></array></value>`,
    );
    expect(() => decodeMethodCall(body, limits)).toThrow(
      "The XML holds more than 3 values.",
    );
    expect(() => decodeMethodCall("ü".repeat(501), limits)).toThrow(
      "The body has 1002 bytes; at most 1000 are accepted.",
    );
  });

  it("throws nothing but its own error, whatever comes", () => {
    const piece = fc.constantFrom(
      "<value>",
      "</value>",
      "<int>",
      "</int>",
      "<struct>",
      "<member>",
      "<name>",
      "<array>",
      "<data>",
      "</data>",
      "</array>",
      "<nil/>",
      "&",
      "&amp;",
      "<![CDATA[",
      "]]>",
      "<!--",
      "-->",
      "<?",
      "?>",
      "<!",
      "1",
      " ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => call(all.join(""))),
        ),
        (xml) => {
          try {
            decodeMethodCall(xml);
          } catch (error) {
            expect(error).toBeInstanceOf(RpcUsageError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("encoding", () => {
  it("loses nothing: what is encoded decodes to the same", () => {
    fc.assert(
      fc.property(xmlRpcValue, (value) => {
        expect(decodeMethodResponse(encodeMethodResponse(value))).toEqual(
          value,
        );
        const { method, params } = decodeMethodCall(
          encodeMethodCall("a.b", [value, 1]),
        );
        expect([method, params]).toEqual(["a.b", [value, 1]]);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps carriage returns, which Odoo itself loses", () => {
    expect(encodeMethodResponse("a\r\nb")).toContain("a&#13;\nb");
  });

  const self: RpcValue[] = [];
  self.push(self);
  it.each<[string, unknown, string]>([
    [
      "null",
      [{ a: null }],
      "result[0].a: a value of type Null has no form in XML-RPC.",
    ],
    [
      "undefined",
      { values: { image: undefined } },
      "result.values.image: a value of type Undefined has no form in XML-RPC.",
    ],
    [
      "2^40",
      [{ values: { size: 2 ** 40 } }],
      "result[0].values.size: 1099511627776 is beyond the 32 bits of an XML-RPC integer.",
    ],
    [
      "2^31",
      2 ** 31,
      "result: 2147483648 is beyond the 32 bits of an XML-RPC integer.",
    ],
    [
      "-2^31 - 1",
      -(2 ** 31) - 1,
      "result: -2147483649 is beyond the 32 bits of an XML-RPC integer.",
    ],
    ["NaN", [NaN], "result[0]: NaN has no form in XML-RPC."],
    ["infinity", Infinity, "result: Infinity has no form in XML-RPC."],
    [
      "a control character",
      ["ok", "a\u0000b"],
      "result[1]: the character U+0000 can't stand in XML.",
    ],
    [
      "half a surrogate pair",
      "\ud834",
      "result: the character U+D834 can't stand in XML.",
    ],
    ["U+FFFF", "\uffff", "result: the character U+FFFF can't stand in XML."],
    [
      "a control character in a key",
      { "a\u0007": 1 },
      "result.a\ufffd: the character U+0007 can't stand in XML.",
    ],
    [
      "a Date",
      [new Date(0)],
      "result[0]: a value of type Date has no form in XML-RPC.",
    ],
    ["a bigint", 1n, "result: a value of type BigInt has no form in XML-RPC."],
    [
      "a hole in a list",
      new Array(1),
      "result[0]: a value of type Undefined has no form in XML-RPC.",
    ],
    [
      "a list that holds itself",
      self,
      `result${"[0]".repeat(65)}: is nested deeper than 64 levels.`,
    ],
  ])("refuses %s and says where", (_what, value, message) => {
    expect(() => encodeMethodResponse(value as RpcValue)).toThrow(
      UnencodableValueError,
    );
    expect(() => encodeMethodResponse(value as RpcValue)).toThrow(message);
  });

  it("names the parameter of a call", () => {
    expect(() => encodeMethodCall("a", [1, { b: null }])).toThrow(
      /^params\[1\]\.b: /,
    );
  });

  it("never writes nil or i8", () => {
    fc.assert(
      fc.property(xmlRpcValue, (value) => {
        expect(encodeMethodResponse(value)).not.toMatch(/<nil|<i8/);
      }),
    );
  });
});

describe("faults", () => {
  it.each<[number | string, string, string, string]>([
    [1, "Unknown field x", "programming", "Unknown field x"],
    [
      1,
      'Traceback (most recent call last):\n  File "a.py"\nValueError: bad x\n',
      "programming",
      "ValueError: bad x",
    ],
    [2, "No", "user", "No"],
    [3, "Access Denied", "accessDenied", "Access Denied"],
    [4, "Not yours", "accessError", "Not yours"],
    ["warning -- UserError\n\nNot\n\nthat", "", "user", "Not\n\nthat"],
    ["warning -- AccessError\n\nNot yours", "", "accessError", "Not yours"],
    ["warning -- MissingError\n\nGone", "", "missing", "Gone"],
    ["warning -- Warning\n\nGo there", "", "user", "Go there"],
    ["AccessDenied", "Access Denied", "accessDenied", "Access Denied"],
    ["bad operator", "", "programming", "bad operator"],
  ])("fault %j arrives as a typed error", (code, text, kind, message) => {
    const decode = (): unknown => decodeMethodResponse(encodeFault(code, text));
    expect(decode).toThrow(RpcFault);
    expect(decode).toThrow(expect.objectContaining({ kind, message }) as Error);
  });

  it("always arrive, with U+FFFD for what XML can't hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), xmlText, (bad, good) => {
        expect(() =>
          decodeMethodResponse(encodeFault(2, `x${good}${bad}`)),
        ).toThrow(RpcFault);
      }),
    );
    expect(encodeFault(2, "a\u0000b\ud800")).toContain("a\ufffdb\ufffd");
  });

  it("are not mistaken for values, nor values for faults", () => {
    const fault = { faultCode: 2, faultString: "x" };
    expect(decodeMethodResponse(encodeMethodResponse(fault))).toEqual(fault);
    const list =
      "<methodResponse><fault><value><array><data/></array></value></fault></methodResponse>";
    expect(() => decodeMethodResponse(list)).toThrow(/no struct of faultCode/);
  });

  it("an answer with no value or two is refused", () => {
    const answer = (params: string): string =>
      `<methodResponse><params>${params}</params></methodResponse>`;
    expect(() => decodeMethodResponse(answer(""))).toThrow(/exactly one value/);
    const param = "<param><value/></param>";
    expect(() => decodeMethodResponse(answer(param + param))).toThrow(
      /exactly one value/,
    );
  });
});
