/**
 * Whether PostgreSQL's text and jsonb can hold every string of a value: no U+0000, no lone surrogate. What can't be
 * stored is refused where it comes in, with a sentence, instead of failing in the middle of a transaction.
 */
export function isStorable(value: unknown): boolean {
  if (typeof value === "string")
    return !value.includes("\u0000") && value.isWellFormed();
  if (Array.isArray(value)) return value.every(isStorable);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(
    ([key, item]) => isStorable(key) && isStorable(item),
  );
}
