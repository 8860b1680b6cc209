/** Markup that is safe to send: what was put into it is escaped. Made by {@link html} only. */
export class Html {
  constructor(readonly text: string) {}
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

type Part = string | Html | readonly Html[];

/** Markup with values in it, as text or in quoted attributes. The only place where anything is escaped. */
export function html(
  markup: TemplateStringsArray,
  ...parts: readonly Part[]
): Html {
  const texts = parts.map(textOf);
  return new Html(String.raw({ raw: markup }, ...texts));
}

function textOf(part: Part): string {
  if (typeof part === "string") return escaped(part);
  return part instanceof Html
    ? part.text
    : part.map(({ text }) => text).join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
