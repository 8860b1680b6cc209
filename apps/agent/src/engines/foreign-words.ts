/** What stands in a message of what a controller said. */
const MOST_CHARACTERS = 400;
const MOST_LINES = 5;

/** A controller's own words on one line, cut, without the user and password of an address. */
export function foreignWords(
  words: string | readonly string[] | undefined,
  orElse: string,
): string {
  const text = masked([words ?? []].flat().join("; "))
    .replace(/\s+/g, " ")
    .trim();
  if (text === "") return orElse;
  return text.length > MOST_CHARACTERS
    ? `${text.slice(0, MOST_CHARACTERS)}…`
    : text;
}

/** The end of a log, where the error stands; undefined where there is none. */
export function lastLogLines(log: string | undefined): string | undefined {
  const lines = masked(log ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const text = lines.slice(-MOST_LINES).join("\n");
  if (text === "") return undefined;
  return text.length > MOST_CHARACTERS
    ? `…${text.slice(-MOST_CHARACTERS)}`
    : text;
}

function masked(text: string): string {
  return text.replace(/:\/\/[^\s/@]+@/g, "://***@");
}
