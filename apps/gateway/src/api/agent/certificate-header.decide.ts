/** Of a header's value, in characters: what is longer is no certificate of ours. */
const MAX_HEADER_CHARACTERS = 12_288;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const PEM =
  /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** RFC 9440 §2.2: a structured field's byte sequence, `:base64:`. @returns DER; undefined for anything else */
export function readClientCert(value: string): Buffer | undefined {
  if (value.length > MAX_HEADER_CHARACTERS) return undefined;
  const text = /^:([^:]+):$/.exec(value.trim())?.[1];
  return text !== undefined && BASE64.test(text)
    ? Buffer.from(text, "base64")
    : undefined;
}

/**
 * Envoy's X-Forwarded-Client-Cert: elements by comma, pairs by semicolon, values quoted where they hold either. The last
 * element is the one that the nearest proxy has written. @returns DER of its `Cert`; undefined for anything else
 */
export function readForwardedClientCert(value: string): Buffer | undefined {
  if (value.length > MAX_HEADER_CHARACTERS) return undefined;
  const element = splitUnquoted(value, ",").at(-1) ?? "";
  const found = splitUnquoted(element, ";")
    .map((pair) => /^\s*Cert="?([^"]+)"?\s*$/i.exec(pair)?.[1])
    .filter((text) => text !== undefined);
  const [text] = found;
  return text !== undefined && found.length === 1 ? readPem(text) : undefined;
}

function readPem(encoded: string): Buffer | undefined {
  try {
    const body = PEM.exec(decodeURIComponent(encoded))?.[1];
    return body === undefined ? undefined : Buffer.from(body, "base64");
  } catch {
    // A percent sign that begins no character.
    return undefined;
  }
}

function splitUnquoted(text: string, separator: string): readonly string[] {
  const parts = [""];
  let isQuoted = false;
  let isEscaped = false;
  for (const character of text) {
    if (character === '"' && !isEscaped) isQuoted = !isQuoted;
    isEscaped = character === "\\" && !isEscaped;
    if (character === separator && !isQuoted) parts.push("");
    else parts[parts.length - 1] = `${parts.at(-1) ?? ""}${character}`;
  }
  return parts;
}
