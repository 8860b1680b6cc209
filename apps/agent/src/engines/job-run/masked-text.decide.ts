const MASK = "***";
/** A line of a longer value that is shorter than this, such as a bracket, is no secret by itself. */
const SHORTEST_LINE = 4;
/** Three parts in base64url, the first two of which are JSON: a service account's token, for one, is in no Secret. */
const TOKEN = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g;

/**
 * A text without values of Secrets: as they are, line by line, and in the spellings that programs print them in (base64, JSON,
 * URL), and without tokens. Where a value is one letter long, every such letter goes: a log that is hard to read is better than
 * a secret in it.
 * @param values the bytes of a Secret's keys in base64, as Kubernetes has them
 */
export function maskedText(text: string, values: Iterable<string>): string {
  const tokens = text.match(TOKEN) ?? [];
  const spellings = new Set([...tokens, ...[...values].flatMap(spellingsOf)]);
  // The longest first, so that a value which is part of another leaves no rest of it.
  return [...spellings]
    .sort((a, b) => b.length - a.length)
    .reduce((masked, spelling) => masked.replaceAll(spelling, MASK), text);
}

function spellingsOf(base64: string): readonly string[] {
  const value = Buffer.from(base64, "base64").toString("utf8");
  const lines = value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE);
  return [value, value.trim(), ...lines]
    .filter((plain) => plain.trim() !== "")
    .flatMap((plain) => [
      plain,
      JSON.stringify(plain).slice(1, -1),
      encodeURIComponent(plain.toWellFormed()),
      Buffer.from(plain).toString("base64"),
      Buffer.from(plain).toString("base64url"),
    ]);
}
