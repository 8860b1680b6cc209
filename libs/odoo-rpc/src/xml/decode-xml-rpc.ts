import { SaxesParser, type XMLDecl } from "saxes";
import { textOfBody } from "../body-text";
import { RpcUsageError } from "../rpc-errors";
import { RpcFault } from "../rpc-fault";
import {
  isStruct,
  RPC_LIMITS,
  type RpcLimits,
  type RpcValue,
} from "../rpc-value";
import {
  admitChild,
  closeElement,
  documentRule,
  type OpenElement,
  ruleOf,
} from "./xml-elements";

export interface MethodCall {
  readonly method: string;
  readonly params: readonly RpcValue[];
}

/**
 * Reads a call. Accepts what Odoo's clients send and Odoo itself never does: nil, i8, untyped values.
 * @throws RpcUsageError naming what can't be read.
 */
export function decodeMethodCall(
  body: Uint8Array | string,
  limits: RpcLimits = RPC_LIMITS,
): MethodCall {
  const call = new Document("methodCall", limits).read(body);
  const [method, params] = call as [string, RpcValue[]?];
  if (!/^[\w.:/]{1,200}$/.test(method))
    throw new RpcUsageError(
      "The methodName must be 1 to 200 letters, digits, '_', '.', ':' or '/'.",
    );
  return { method, params: params ?? [] };
}

/**
 * Reads an answer.
 * @throws RpcFault when the answer is a fault, RpcUsageError when it is no answer.
 */
export function decodeMethodResponse(
  body: Uint8Array | string,
  limits: RpcLimits = RPC_LIMITS,
): RpcValue {
  const response = new Document("methodResponse", limits).read(body);
  const [kind, content] = response as ["params" | "fault", RpcValue];
  if (kind === "params") return content;
  if (!isStruct(content))
    throw new RpcUsageError("The fault holds no struct of faultCode.");
  const { faultCode, faultString } = content;
  if (typeof faultCode !== "number" && typeof faultCode !== "string")
    throw new RpcUsageError("The faultCode is neither a number nor a text.");
  throw RpcFault.fromFault(
    faultCode,
    typeof faultString === "string" ? faultString : "",
  );
}

/** One pass over one text: elements are checked and turned into values as they close, so nothing is kept twice. */
class Document {
  private readonly open: OpenElement[] = [newElement("the document")];
  private values = 0;

  constructor(
    private readonly root: string,
    private readonly limits: RpcLimits,
  ) {}

  read(body: Uint8Array | string): RpcValue {
    // XML 1.1 would let control characters in.
    const parser = new SaxesParser({
      forceXMLVersion: true,
      defaultXMLVersion: "1.0",
    });
    parser.on("xmldecl", refuseOtherEncodings);
    parser.on("doctype", refuseDoctype);
    parser.on("error", refuseMalformed);
    parser.on("opentag", (tag) => this.enter(localName(tag.name)));
    parser.on("text", (text) => this.take(text));
    parser.on("cdata", (text) => this.take(text));
    parser.on("closetag", () => this.leave());
    parser.write(textOfBody(body, this.limits.bytes)).close();
    return this.top().items[0] ?? null;
  }

  private enter(name: string): void {
    const parent = this.top();
    admitChild(parent, this.ruleOf(parent), name);
    if (this.open.length > this.limits.depth)
      throw new RpcUsageError(
        `The XML is nested deeper than ${this.limits.depth} elements.`,
      );
    if (name === "value") this.values += 1;
    if (this.values > this.limits.values)
      throw new RpcUsageError(
        `The XML holds more than ${this.limits.values} values.`,
        "payload_too_large",
      );
    this.open.push(newElement(name));
  }

  private take(text: string): void {
    this.top().text += text;
  }

  private leave(): void {
    const element = this.top();
    const value = closeElement(element, this.ruleOf(element));
    this.open.pop();
    this.top().items.push(value);
  }

  private top(): OpenElement {
    // The element that stands for the document is never left.
    return this.open.at(-1) as OpenElement;
  }

  private ruleOf(element: OpenElement) {
    return element === this.open[0]
      ? documentRule(this.root)
      : ruleOf(element.name);
  }
}

function newElement(name: string): OpenElement {
  return { name, text: "", children: "", items: [] };
}

/** Apache's extensions come with a prefix (`ex:nil`). */
function localName(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

function refuseOtherEncodings({ encoding = "utf-8" }: XMLDecl): void {
  if (!/^(utf-?8|us-ascii)$/i.test(encoding))
    throw new RpcUsageError(
      `The XML is declared as ${encoding.slice(0, 40)}; send UTF-8.`,
    );
}

function refuseDoctype(): never {
  throw new RpcUsageError(
    "The XML has a DOCTYPE; XML-RPC needs none, and neither it nor entities are accepted.",
  );
}

function refuseMalformed(error: Error): never {
  if (/entity/.test(error.message))
    throw new RpcUsageError(
      "The XML uses an entity other than the five predefined ones and references to allowed characters.",
    );
  throw new RpcUsageError(
    `The XML is not well-formed: ${error.message.slice(0, 120)}`,
  );
}
