/**
 * The pattern of SQL's LIKE for what a domain says: `like` and `ilike` look anywhere in the text. `%` and `_` keep their
 * meaning, `\` makes the next character plain; a last one that has nothing to make plain stands for itself, since
 * PostgreSQL refuses such a pattern.
 */
export function likePattern(pattern: string, isWhole: boolean): string {
  const closed =
    trailingBackslashes(pattern) % 2 === 1 ? `${pattern}\\` : pattern;
  return isWhole ? closed : `%${closed}%`;
}

/** Counted from the end: a regular expression would look from each place of a long run anew. */
function trailingBackslashes(pattern: string): number {
  let start = pattern.length;
  while (start > 0 && pattern[start - 1] === "\\") start -= 1;
  return pattern.length - start;
}

type Token = "any run" | "any character" | { readonly plain: string };

/**
 * SQL's LIKE on one text, by characters (not UTF-16 units). Takes time proportional to text × pattern at worst: on a
 * mismatch only the last `%` is extended, never one before it.
 */
export function isLike(text: string, pattern: string): boolean {
  const characters = [...text];
  const tokens = tokensOf(pattern);
  let position = 0;
  let token = 0;
  let resume: { token: number; position: number } | undefined;
  while (position < characters.length) {
    if (tokens[token] === "any run") {
      resume = { token, position };
      token += 1;
    } else if (fits(tokens[token], characters[position])) {
      position += 1;
      token += 1;
    } else if (resume !== undefined) {
      resume.position += 1;
      position = resume.position;
      token = resume.token + 1;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === "any run");
}

function fits(token: Token | undefined, character: string | undefined) {
  if (token === "any character") return true;
  return typeof token === "object" && token.plain === character;
}

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (character === "%") tokens.push("any run");
    else if (character === "_") tokens.push("any character");
    else if (character === "\\")
      tokens.push({ plain: characters[(index += 1)] ?? "" });
    else tokens.push({ plain: character });
  }
  return tokens;
}
