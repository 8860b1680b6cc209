import { spawnSync } from "node:child_process";
import { isList, isStruct, type RpcValue } from "../rpc-value";

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
    if isinstance(v, datetime): return ["date", v.isoformat(" ", "seconds")]
    raise TypeError(type(v))

def untag(t):
    kind, c = t
    return {"nil": lambda: None, "bool": lambda: c == "True", "int": lambda: int(c), "float": lambda: float(c),
            "str": lambda: c, "bytes": lambda: base64.b64decode(c), "list": lambda: [untag(x) for x in c],
            "dict": lambda: {k: untag(x) for k, x in c}, "date": lambda: datetime.fromisoformat(c)}[kind]()

def loads(xml):
    try:
        params, method = xmlrpc.client.loads(xml, use_builtin_types=True)
        return {"params": tag(params), "method": method}
    except xmlrpc.client.Fault as fault:
        return {"fault": [tag(fault.faultCode), tag(fault.faultString)]}

def attempt(read, data):
    try:
        return read(data)
    except Exception as error:
        return {"refused": type(error).__name__}

def dumps(c):
    if "fault" in c:
        return xmlrpc.client.dumps(xmlrpc.client.Fault(untag(c["fault"][0]), untag(c["fault"][1])))
    return xmlrpc.client.dumps(tuple(untag(p) for p in c["params"]), c.get("method"), c.get("response"), allow_none=True)

def answer(c):
    if "xml" in c: return loads(c["xml"].encode())
    if "xmlBytes" in c: return attempt(loads, base64.b64decode(c["xmlBytes"]))
    if "json" in c: return {"value": tag(json.loads(c["json"]))}
    if "jsonBytes" in c:
        return attempt(lambda data: {"value": tag(json.loads(data.decode()))}, base64.b64decode(c["jsonBytes"]))
    if "value" in c: return {"json": json.dumps(untag(c["value"]), ensure_ascii=c["isAscii"])}
    return {"xml": dumps(c)}

for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
`;

export type Tagged = [string, string | Tagged[] | [string, Tagged][]];

/** What Python must make of our value, and what it dumps for it. */
export function tagged(value: RpcValue): Tagged {
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
  const isInt = Number.isSafeInteger(value) && !Object.is(value, -0);
  return isInt ? ["int", String(value)] : ["float", floatText(value)];
}

/** Numbers are compared as numbers: Python and JavaScript both write the shortest text, but not the same one. */
function floatText(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

export function normalised(value: Tagged): Tagged {
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

export interface PythonAnswer {
  readonly xml?: string;
  readonly params?: Tagged;
  readonly method?: string | null;
  readonly fault?: readonly [Tagged, Tagged];
  /** What was read of JSON. */
  readonly value?: Tagged;
  readonly json?: string;
  /** Name of the exception, where bytes could not be read. */
  readonly refused?: string;
}

export function python(commands: readonly object[]): readonly PythonAnswer[] {
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

/**
 * The same for what is the same value, whatever was generous on its way: an int is a number, a day of Python's the text that
 * we have for it, and members have no order.
 */
export function comparable(value: Tagged): unknown {
  const [type, content] = value;
  switch (type) {
    case "int":
    case "float":
      return ["number", floatText(numberOf(content as string))];
    case "date":
      return ["str", content];
    case "list":
      return [type, (content as Tagged[]).map(comparable)];
    case "dict":
      return [
        type,
        Object.fromEntries(
          (content as [string, Tagged][])
            .map(([key, item]) => [`member ${key}`, comparable(item)] as const)
            .sort(([left], [right]) => (left < right ? -1 : 1)),
        ),
      ];
    default:
      return value;
  }
}

function numberOf(text: string): number {
  if (/inf/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return Number(text) + 0;
}

export const hasPython = spawnSync("python3", ["--version"]).status === 0;
