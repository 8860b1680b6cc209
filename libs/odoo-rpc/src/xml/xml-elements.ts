import { RpcUsageError } from "../rpc-errors";
import { isList, type RpcValue, structOf } from "../rpc-value";
import { SCALARS } from "./xml-scalars";

/** An element that has been opened and not yet closed. */
export interface OpenElement {
  readonly name: string;
  /** Character data so far, of this element alone. */
  text: string;
  /** Names of the children so far, one space between them; not kept for elements whose children repeat. */
  children: string;
  /** What the children stand for, in their order. */
  readonly items: RpcValue[];
}

/** What may stand in an element, and what the whole stands for. */
interface ElementRule {
  /** The one name that may repeat at will, or every complete sequence of children. */
  readonly content: { repeats: string } | { sequences: readonly string[] };
  readonly hasText: boolean;
  readonly close: (element: OpenElement) => RpcValue;
}

const list = (repeats: string, close: ElementRule["close"]): ElementRule => ({
  content: { repeats },
  hasText: false,
  close,
});

const sequence = (
  sequences: readonly string[],
  close: ElementRule["close"],
): ElementRule => ({ content: { sequences }, hasText: false, close });

const textOnly = (read: (text: string) => RpcValue): ElementRule => ({
  content: { sequences: [""] },
  hasText: true,
  close: (element) => read(element.text),
});

const first = (element: OpenElement): RpcValue => element.items[0] ?? null;
const all = (element: OpenElement): RpcValue => element.items;

/** The grammar of XML-RPC (xmlrpc.com/spec). `<value>text</value>` is a string, as is `<value/>`. */
const RULES: ReadonlyMap<string, ElementRule> = new Map<string, ElementRule>([
  ["methodCall", sequence(["methodName", "methodName params"], all)],
  ["methodResponse", sequence(["params", "fault"], closeResponse)],
  ["methodName", textOnly((text) => text.trim())],
  ["params", list("param", all)],
  ["param", sequence(["value"], first)],
  ["fault", sequence(["value"], first)],
  [
    "value",
    {
      content: { sequences: ["", "array", "struct", ...SCALARS.keys()] },
      hasText: true,
      close: closeValue,
    },
  ],
  ["array", sequence(["data"], first)],
  ["data", list("value", all)],
  ["struct", list("member", closeStruct)],
  ["member", sequence(["name value"], all)],
  ["name", textOnly((text) => text)],
  ...[...SCALARS].map(([name, read]) => [name, textOnly(read)] as const),
]);

/** Stands around the document's root: `methodCall` or `methodResponse`. */
export function documentRule(root: string): ElementRule {
  return sequence([root], first);
}

/** @throws RpcUsageError for an element that XML-RPC doesn't have. */
export function ruleOf(name: string): ElementRule {
  const rule = RULES.get(name);
  if (rule === undefined)
    throw new RpcUsageError(`XML-RPC has no element <${name.slice(0, 80)}>.`);
  return rule;
}

/** Notes the child in its parent. @throws RpcUsageError where the grammar has no such child. */
export function admitChild(
  parent: OpenElement,
  rule: ElementRule,
  child: string,
): void {
  const { content } = rule;
  if ("repeats" in content) {
    if (child !== content.repeats) refuseChild(parent, child);
    return;
  }
  const children = `${parent.children} ${child}`.trimStart();
  const fits = content.sequences.some(
    (whole) => whole === children || whole.startsWith(`${children} `),
  );
  if (!fits) refuseChild(parent, child);
  parent.children = children;
}

/** What a closed element stands for. @throws RpcUsageError when something is missing in it or doesn't belong there. */
export function closeElement(element: OpenElement, rule: ElementRule) {
  const { content } = rule;
  if ("sequences" in content && !content.sequences.includes(element.children))
    throw new RpcUsageError(
      `The element <${element.name}> is incomplete: it needs ${content.sequences.join(" or ")}.`,
    );
  const isTextAllowed = rule.hasText && element.children === "";
  if (!isTextAllowed && element.text.trim() !== "")
    throw new RpcUsageError(
      `The element <${element.name}> can't hold text beside its elements.`,
    );
  return rule.close(element);
}

function refuseChild(parent: OpenElement, child: string): never {
  throw new RpcUsageError(
    `The element <${child.slice(0, 80)}> can't stand in <${parent.name}> there.`,
  );
}

function closeValue(element: OpenElement): RpcValue {
  return element.children === "" ? element.text : first(element);
}

function closeStruct(element: OpenElement): RpcValue {
  return structOf(element.items as [string, RpcValue][]);
}

/** `["params", value]` of an answer, `["fault", struct]` of a fault. */
function closeResponse(element: OpenElement): RpcValue {
  const content = first(element);
  if (element.children === "fault") return ["fault", content];
  if (!isList(content) || content.length !== 1)
    throw new RpcUsageError("A methodResponse holds exactly one value.");
  return ["params", content[0] ?? null];
}
