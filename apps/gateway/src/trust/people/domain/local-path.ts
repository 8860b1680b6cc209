import { DomainError } from "@vworkspace/kernel";

const MAX_CHARACTERS = 512;
const HERE = "https://gateway.invalid";

/**
 * A path of this gateway to go on to, percent-encoded: never another host, however a browser reads it.
 * @throws DomainError validation_failed
 */
export function requireLocalPath(text: string): string {
  const path = isPathLike(text) ? encoded(text) : undefined;
  if (path !== undefined) return path;
  throw new DomainError(
    "validation_failed",
    `return_to must be a path of this gateway such as /me, of at most ${MAX_CHARACTERS} characters.`,
  );
}

/** A backslash counts as a slash to browsers, and a tab or a line's end as nothing. */
function isPathLike(text: string): boolean {
  return /^\/(?!\/)[^\\\p{Cc}]*$/u.test(text) && text.isWellFormed();
}

function encoded(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const { origin, pathname, search, hash } = new URL(text, HERE);
  const path = `${pathname}${search}${hash}`;
  // `/..//host` is a path until it is resolved, and then begins with two slashes.
  const isLocal = origin === HERE && !path.startsWith("//");
  return isLocal && path.length <= MAX_CHARACTERS ? path : undefined;
}
