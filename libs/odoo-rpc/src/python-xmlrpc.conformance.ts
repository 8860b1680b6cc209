import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { xmlRpcValue } from "./testing/arbitrary-values";
import { RpcFault } from "./rpc-fault";
import { isList, isStruct, type RpcValue } from "./rpc-value";
import { decodeMethodCall, decodeMethodResponse } from "./xml/decode-xml-rpc";
import {
  encodeFault,
  encodeMethodCall,
  encodeMethodResponse,
} from "./xml/encode-xml-rpc";

/**
 * Reads one JSON command a line, answers one JSON line. A value crosses as `[type, content]`, so that what Python calls
 * an int, a float, a str or bytes is told apart.
 */
const PROGRAM = String.raw`
import base64, json, sys, xmlrpc.client
from datetime import datetime

def tag(v):
    if v is None: return ["nil", ""]
    if isinstance(v, bool): return ["bool", str(v)]
    if isinstance(v, int): return ["int", str(v)]
    if isinstance(v, float): return ["float", repr(v)]
    if isinstance(v, str): return ["str", v]
    if isinstance(v, bytes): return ["bytes", base64.b64encode(v).decode()]
    if isinstance(v, (list, tuple)): return ["list", [tag(x) for x in v]]
    if isinstance(v, dict): return ["dict", [[k, tag(x)] for k, x in v.items()]]
    raise TypeError(type(v))

def untag(t):
    kind, c = t
    return {"nil": lambda: None, "bool": lambda: c == "True", "int": lambda: int(c), "float": lambda: float(c),
            "str": lambda: c, "bytes": lambda: base64.b64decode(c), "list": lambda: [untag(x) for x in c],
            "dict": lambda: {k: untag(x) for k, x in c}, "date": lambda: datetime.fromisoformat(c)}[kind]()

def loads(xml):
    try:
        params, method = xmlrpc.client.loads(xml.encode(), use_builtin_types=True)
        return {"params": tag(params), "method": method}
    except xmlrpc.client.Fault as fault:
        return {"fault": [tag(fault.faultCode), tag(fault.faultString)]}

def dumps(c):
    if "fault" in c:
        return xmlrpc.client.dumps(xmlrpc.client.Fault(untag(c["fault"][0]), untag(c["fault"][1])))
    return xmlrpc.client.dumps(tuple(untag(p) for p in c["params"]), c.get("method"), c.get("response"), allow_none=True)

for line in sys.stdin:
    c = json.loads(line)
    print(json.dumps(loads(c["xml"]) if "xml" in c else {"xml": dumps(c)}))
`;

type Tagged = [string, string | Tagged[] | [string, Tagged][]];

/** What Python must make of our value, and what it dumps for it. */
function tagged(value: RpcValue): Tagged {
  if (value === null) return ["nil", ""];
  if (typeof value === "boolean") return ["bool", value ? "True" : "False"];
  if (typeof value === "string") return ["str", value];
  if (value instanceof Uint8Array)
    return ["bytes", Buffer.from(value).toString("base64")];
  if (isList(value)) return ["list", value.map(tagged)];
  if (isStruct(value))
    return [
      "dict",
      Object.entries(value).map(([key, item]) => [key, tagged(item)]),
    ];
  const isInt = Number.isInteger(value) && !Object.is(value, -0);
  return isInt ? ["int", String(value)] : ["float", floatText(value)];
}

/** Numbers are compared as numbers: Python and JavaScript both write the shortest text, but not the same one. */
function floatText(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function normalised(value: Tagged): Tagged {
  const [type, content] = value;
  if (type === "float") return [type, floatText(Number(content))];
  if (type === "list") return [type, (content as Tagged[]).map(normalised)];
  if (type === "dict")
    return [
      type,
      (content as [string, Tagged][]).map(([key, item]) => [
        key,
        normalised(item),
      ]),
    ];
  return value;
}

interface PythonAnswer {
  readonly xml?: string;
  readonly params?: Tagged;
  readonly method?: string | null;
  readonly fault?: readonly [Tagged, Tagged];
}

function python(commands: readonly object[]): readonly PythonAnswer[] {
  const result = spawnSync("python3", ["-c", PROGRAM], {
    input: commands.map((command) => `${JSON.stringify(command)}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (result.status !== 0)
    throw new Error(`python3 failed: ${result.stderr.slice(-2000)}`);
  return result.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as PythonAnswer);
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;
// Where CI requires everything, a missing python3 fails instead.
const describeWithPython =
  hasPython || process.env.CI === "true" ? describe : describe.skip;

describeWithPython("Python's xmlrpc.client (skipped without python3)", () => {
  /** Each run is one process of Python's with many values. */
  const forManyValues = (check: (values: readonly RpcValue[]) => void): void =>
    fc.assert(
      fc.property(
        fc.array(xmlRpcValue, { minLength: 150, maxLength: 200 }),
        check,
      ),
      { numRuns: 3 },
    );

  it("reads every value that we encode, in answers and in calls", () => {
    forManyValues((values) => {
      const answers = python(
        values.flatMap((value) => [
          { xml: encodeMethodResponse(value) },
          { xml: encodeMethodCall("execute_kw", [value, "key"]) },
        ]),
      );
      values.forEach((value, index) => {
        const [answer, call] = answers.slice(2 * index);
        const expected = tagged(value);
        expect(normalised(answer?.params ?? ["nil", ""])).toEqual([
          "list",
          [expected],
        ]);
        expect(call?.method).toBe("execute_kw");
        expect(normalised(call?.params ?? ["nil", ""])).toEqual([
          "list",
          [expected, ["str", "key"]],
        ]);
      });
    });
  });

  it("writes every value so that we decode it, in calls and in answers", () => {
    forManyValues((values) => {
      // Python writes carriage returns as they are, and XML then turns them into line feeds.
      const plain = values.filter(
        (value) => !JSON.stringify(tagged(value)).includes("\\r"),
      );
      expect(plain.length).toBeGreaterThan(50);
      const answers = python(
        plain.flatMap((value) => [
          { params: [tagged(value)], method: "authenticate" },
          { params: [tagged(value)], response: true },
        ]),
      );
      plain.forEach((value, index) => {
        const [call, answer] = answers.slice(2 * index);
        expect(decodeMethodCall(call?.xml ?? "")).toEqual({
          method: "authenticate",
          params: [value],
        });
        expect(decodeMethodResponse(answer?.xml ?? "")).toEqual(value);
      });
    });
  });

  it("writes None, whole floats, dates and 32-bit extremes as we expect them", () => {
    const cases: [Tagged, RpcValue][] = [
      [["nil", ""], null],
      [["float", "1.0"], 1],
      [["float", "1e+300"], 1e300],
      [["float", "-0.0"], -0],
      [["int", "2147483647"], 2147483647],
      [["int", "-2147483648"], -2147483648],
      [["date", "2026-01-31T13:00:05"], "2026-01-31 13:00:05"],
      [["str", "a\r\nb"], "a\nb"],
    ];
    const [answer] = python([
      { params: cases.map(([value]) => value), method: "m" },
    ]);
    expect(decodeMethodCall(answer?.xml ?? "").params).toEqual(
      cases.map(([, value]) => value),
    );
  });

  it("raises our faults with the code's own type, and we read its", () => {
    const faults: [number | string, string][] = [
      [2, "No <such> & \r\n𝄞"],
      ["warning -- UserError\n\nNo", ""],
    ];
    const answers = python(
      faults.map(([code, text]) => ({ xml: encodeFault(code, text) })),
    );
    expect(answers.map((answer) => answer.fault)).toEqual(
      faults.map(([code, text]) => [tagged(code), tagged(text)]),
    );
    const [written] = python([
      {
        fault: [
          ["int", "4"],
          ["str", "Not yours"],
        ],
      },
    ]);
    expect(() => decodeMethodResponse(written?.xml ?? "")).toThrow(RpcFault);
    expect(() => decodeMethodResponse(written?.xml ?? "")).toThrow("Not yours");
  });
});
