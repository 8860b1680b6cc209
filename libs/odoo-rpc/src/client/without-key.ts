/** A key of so many characters is no part of a word that merely looks like it. */
const UNMISTAKABLE_CHARACTERS = 12;

/**
 * What the other side wrote may hold what we sent it. A short password, which may be a word such as "admin", is taken out
 * where it stands alone only: "administrator" says nothing of it.
 */
export function withoutKey(text: string, key: string): string {
  if (key === "") return text;
  if (key.length >= UNMISTAKABLE_CHARACTERS) return text.replaceAll(key, "***");
  const literally = key.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const alone = `(?<![\\p{L}\\p{N}_])${literally}(?![\\p{L}\\p{N}_])`;
  return text.replaceAll(new RegExp(alone, "gu"), "***");
}
