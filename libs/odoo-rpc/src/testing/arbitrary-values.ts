import fc from "fast-check";
import type { RpcStruct, RpcValue } from "../rpc-value";

const isXmlText = (text: string): boolean =>
  !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text);

/** Texts that XML can hold, with more of the troublesome characters than chance would give. */
export const xmlText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }).filter(isXmlText),
  fc.string({
    unit: fc.constantFrom(
      "<",
      ">",
      "&",
      "]",
      '"',
      "'",
      "\r",
      "\n",
      "\t",
      " ",
      "𝄞",
      "é",
      "a",
    ),
  }),
);

const key = fc.oneof(
  xmlText,
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "",
    "1",
  ),
);

const scalar: fc.Arbitrary<RpcValue> = fc.oneof(
  xmlText,
  fc.boolean(),
  fc.integer(),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((value) => !Number.isInteger(value) || Object.is(value, -0)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
);

/** Every value that XML-RPC carries; structs without a prototype, as decoders make them. */
export const xmlRpcValue: fc.Arbitrary<RpcValue> = fc.letrec<{
  value: RpcValue;
}>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map(struct),
  ),
})).value;

function struct(entries: readonly (readonly [string, RpcValue])[]): RpcStruct {
  const made = Object.create(null) as RpcStruct;
  for (const [name, value] of entries) made[name] = value;
  return made;
}
