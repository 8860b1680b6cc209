/** Words of other programs stay readable in a message, and short. */
const MOST_CHARACTERS = 500;

/** The beginning of a text, on one line. */
export function cutText(text: string, most = MOST_CHARACTERS): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= most ? line : `${line.slice(0, most)}…`;
}
