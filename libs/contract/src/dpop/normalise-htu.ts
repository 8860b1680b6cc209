/** Longest URL that a proof may name. */
const MAX_URL_CHARACTERS = 2048;

/**
 * A URL as two proofs of one resource have it (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3): scheme and host in lower case,
 * without a default port, dot segments resolved, percent-encodings in upper case and only where needed, without query and
 * fragment. Undefined for what is no http(s) URL, or holds user information.
 */
export function normaliseHtu(text: string): string | undefined {
  if (text.length > MAX_URL_CHARACTERS || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  return `${url.origin}${normalisePath(url.pathname)}`;
}

/** RFC 3986 §2.3: characters that mean the same with and without an encoding. */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

function normalisePath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}
