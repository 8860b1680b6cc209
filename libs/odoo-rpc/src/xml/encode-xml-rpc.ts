import { UnencodableValueError } from "../rpc-errors";
import type { RpcValue } from "../rpc-value";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const MAX_INT = 2 ** 31 - 1;
/** Lists and structs in each other; a value that holds itself ends here too. */
const MAX_DEPTH = 64;
/** Everything that XML 1.0 (§ 2.2, Char) can't hold, written in whatever way; with `u`, also half a surrogate pair. */
const NO_XML_CHARACTER =
  /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const NO_XML_CHARACTERS = new RegExp(NO_XML_CHARACTER, "gu");

/** The answer to a call, as text. @throws UnencodableValueError naming the path of what XML-RPC can't carry. */
export function encodeMethodResponse(value: RpcValue): string {
  const writer = new ValueWriter("result");
  writer.write(value);
  return `${DECLARATION}<methodResponse><params><param>${writer.xml()}</param></params></methodResponse>\n`;
}

/** A call, as text. @throws UnencodableValueError naming the path of what XML-RPC can't carry. */
export function encodeMethodCall(
  method: string,
  params: readonly RpcValue[],
): string {
  const written = params.map((param, index) => {
    const writer = new ValueWriter(`params[${index}]`);
    writer.write(param);
    return `<param>${writer.xml()}</param>`;
  });
  return `${DECLARATION}<methodCall><methodName>${escapeXml(method)}</methodName><params>${written.join("")}</params></methodCall>\n`;
}

/** A fault, as text. An error must always arrive: characters that XML can't hold become U+FFFD. */
export function encodeFault(code: number | string, message: string): string {
  const writer = new ValueWriter("fault");
  writer.write({
    faultCode: typeof code === "number" ? code : printableInXml(code),
    faultString: printableInXml(message),
  });
  return `${DECLARATION}<methodResponse><fault>${writer.xml()}</fault></methodResponse>\n`;
}

/** The text with U+FFFD in the place of every character that XML can't hold. */
export function printableInXml(text: string): string {
  return text.replace(NO_XML_CHARACTERS, "\uFFFD");
}

/** Bare carriage returns would arrive as line feeds (XML 1.0, § 2.11); `>` ends a CDATA section in `]]>`. */
function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** Writes one value; knows where it is, so that a refusal can say so. */
class ValueWriter {
  private readonly parts: string[] = [];
  private readonly path: string[];

  constructor(root: string) {
    this.path = [root];
  }

  xml(): string {
    return this.parts.join("");
  }

  write(value: RpcValue): void {
    this.parts.push("<value>");
    switch (typeof value) {
      case "string":
        this.parts.push("<string>", this.text(value), "</string>");
        break;
      case "number":
        this.parts.push(this.number(value));
        break;
      case "boolean":
        this.parts.push(`<boolean>${value ? 1 : 0}</boolean>`);
        break;
      default:
        this.writeObject(value);
    }
    this.parts.push("</value>");
  }

  /** The type says what may come; what came may still be anything that a cast let through. */
  private writeObject(value: unknown): void {
    if (value instanceof Uint8Array) {
      const digits = Buffer.from(value).toString("base64");
      this.parts.push("<base64>", digits, "</base64>");
    } else if (Array.isArray(value)) {
      this.writeList(value as RpcValue[]);
    } else if (Object.prototype.toString.call(value) === "[object Object]") {
      this.writeStruct(value as Record<string, RpcValue>);
    } else {
      this.refuse(`a value of type ${nameOf(value)} has no form in XML-RPC.`);
    }
  }

  private writeList(items: readonly RpcValue[]): void {
    this.parts.push("<array><data>");
    for (let index = 0; index < items.length; index += 1)
      this.within(`[${index}]`, () => this.write(items[index] as RpcValue));
    this.parts.push("</data></array>");
  }

  private writeStruct(struct: Record<string, RpcValue>): void {
    this.parts.push("<struct>");
    for (const [key, value] of Object.entries(struct))
      this.within(`.${key}`, () => {
        this.parts.push("<member><name>", this.text(key), "</name>");
        this.write(value);
        this.parts.push("</member>");
      });
    this.parts.push("</struct>");
  }

  private within(step: string, write: () => void): void {
    this.path.push(step);
    if (this.path.length > MAX_DEPTH + 1)
      this.refuse(`is nested deeper than ${MAX_DEPTH} levels.`);
    write();
    this.path.pop();
  }

  private text(text: string): string {
    const found = NO_XML_CHARACTER.exec(text)?.[0].codePointAt(0);
    if (found !== undefined)
      this.refuse(
        `the character U+${found.toString(16).toUpperCase().padStart(4, "0")} can't stand in XML.`,
      );
    return escapeXml(text);
  }

  private number(value: number): string {
    if (!Number.isFinite(value))
      this.refuse(`${value} has no form in XML-RPC.`);
    if (!Number.isInteger(value)) return `<double>${value}</double>`;
    if (Object.is(value, -0)) return "<double>-0.0</double>";
    if (value > MAX_INT || value < -MAX_INT - 1)
      this.refuse(`${value} is beyond the 32 bits of an XML-RPC integer.`);
    return `<int>${value}</int>`;
  }

  private refuse(reason: string): never {
    throw new UnencodableValueError(printableInXml(this.path.join("")), reason);
  }
}

/** `Null`, `Undefined`, `Date`, `Map`, `BigInt`: the built-in name of the type. */
function nameOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
