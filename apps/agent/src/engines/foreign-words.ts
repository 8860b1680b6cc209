/** Words of other programs stay readable in a message, and short. */
const MOST_CHARACTERS = 500;
const MOST_LINES = 5;

/** The beginning of what another program said: on one line, without the user and password of an address. */
export function cutText(text: string, most = MOST_CHARACTERS): string {
  const line = masked(text).replace(/\s+/g, " ").trim();
  return line.length <= most ? line : `${line.slice(0, most)}…`;
}

/** The same of one saying or several, and of none what is said instead. */
export function foreignWords(
  words: string | readonly string[] | undefined,
  orElse: string,
): string {
  return cutText([words ?? []].flat().join("; ")) || orElse;
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
