/** Longer texts are quotations of objects, not explanations. */
const MAX_MESSAGE_CHARS = 1_000;
const MAX_VALUE_CHARS = 120;

/** Decoders quote the document: `…found in #10 byte of ...|"token":"x"|..., bigger context ...|…|...`. */
const DOCUMENT_EXCERPT = /\.\.\.\|[\s\S]*\|\.\.\./;

/** Go prints what it got instead of what it expected: `.spec: expected map, got &{hunter2}`. */
const PRINTED_VALUE = /, got &[\s\S]*/;

/**
 * Validation quotes what it refuses: `spec.chart.version: Invalid value: "one": must be…`. A quoted text ends at its
 * closing quote; anything else that is no number or word is a printed struct (a pod template with its environment
 * variables, for example), which nothing delimits, so the rest of the message goes with it.
 */
const QUOTED_VALUE =
  /([\w.[\]"'/-]*)(: (?:Invalid|Unsupported|Duplicate) value: )(?:"((?:[^"\\]|\\.)*)"|([\w.+-]+(?=[:,\s\]]|$))|[\s\S]+)/g;
const SENSITIVE_FIELD = /password|passwd|secret|token|credential|private|key/i;

/**
 * What the API server says, without what it quotes of the object: excerpts, printed structs, long values, and values of
 * fields that sound like secrets.
 */
export function sanitizeMessage(message: string): string {
  const plain = message
    .replace(DOCUMENT_EXCERPT, "(excerpt left out)")
    .replace(PRINTED_VALUE, ", got another type")
    .replace(QUOTED_VALUE, (...match: string[]) => {
      const [whole = "", field = "", label = "", quoted, word] = match;
      return mayShow(field, quoted ?? word)
        ? whole
        : `${field}${label}(left out)`;
    });
  return plain.length <= MAX_MESSAGE_CHARS
    ? plain
    : `${plain.slice(0, MAX_MESSAGE_CHARS)}…`;
}

function mayShow(field: string, value: string | undefined): boolean {
  return (
    value !== undefined &&
    value.length <= MAX_VALUE_CHARS &&
    !SENSITIVE_FIELD.test(field)
  );
}
