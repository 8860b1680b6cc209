/**
 * What an API key may be used for, as a list. A call needs a role that may make it, and one scope that covers it.
 * - `all`: whatever the role may
 * - `read`: the methods that read, on every model
 * - `read:MODEL`: the methods that read, on that model
 * - `models:MODEL`: every method of that model
 */
const SCOPE = /^(all|read|(?:read|models):[a-z][a-z0-9_.]{0,79})$/;
export const MAX_SCOPES = 20;

/** What clients ask for before anything else; it holds no record, so that every key may. */
const ALWAYS = new Set(["context_get", "fields_get", "default_get"]);
const READS = new Set([
  "search",
  "search_count",
  "search_read",
  "name_search",
  "read_group",
  "read",
]);

export function isScope(text: string): boolean {
  return SCOPE.test(text);
}

/** Whether a key with these scopes may be used for a call. */
export function coversCall(
  scopes: readonly string[],
  model: string,
  method: string,
): boolean {
  if (ALWAYS.has(method) || scopes.includes("all")) return true;
  if (scopes.includes(`models:${model}`)) return true;
  return (
    READS.has(method) &&
    (scopes.includes("read") || scopes.includes(`read:${model}`))
  );
}

/** Whether everything that `asked` covers is covered by a key with the scopes `held`. */
export function coversScope(held: readonly string[], asked: string): boolean {
  if (held.includes("all") || held.includes(asked)) return true;
  const [kind, model] = asked.split(":");
  if (kind !== "read" || model === undefined) return false;
  return held.includes("read") || held.includes(`models:${model}`);
}
