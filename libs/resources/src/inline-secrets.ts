import { isFields } from "./json-access";

/** Something in free-form values that must not be passed on. Holds the path and never the value. */
export interface InlineFinding {
  /** Path below the values: `auth.adminPassword`, `users[0].token`. */
  readonly path: string;
  readonly problem: "secretLooking" | "tooDeep" | "tooMany";
}

/** Levels of nesting that are looked into; charts stay far below. */
export const INLINE_MAX_DEPTH = 32;
/** Values that are looked at; a document of 1 MiB has fewer, one built of shared references may not. */
const MOST_VALUES = 100_000;
const MOST_FINDINGS = 50;
const KEY_SHOWN = 64;

/** What looks like a secret, once for this check and for the admission policy; the patterns mean the same in RE2. */
export const SECRET_LOOKS = {
  keys: ["accesskey", "secretkey", "apikey", "token"],
  suffix: "(password|secret)$",
  /** The safe idiom of common charts: the key names an object or a key in it, not the secret. */
  namesASecret: "^existing|.(SecretName|SecretRef|SecretKey)$",
  pemPrivateKey: "-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----",
  placeholders: ["", "<set via externalsecret>", "<set via external-secret>"],
} as const;

const SECRET_KEYS: ReadonlySet<string> = new Set(SECRET_LOOKS.keys);
const SECRET_SUFFIX = new RegExp(SECRET_LOOKS.suffix);
const NAMES_A_SECRET = new RegExp(SECRET_LOOKS.namesASecret);
const PEM_PRIVATE_KEY = new RegExp(SECRET_LOOKS.pemPrivateKey);
const PLACEHOLDERS: ReadonlySet<string> = new Set(SECRET_LOOKS.placeholders);

/**
 * Paths in free-form values that look like secrets: a string under a key that ends in password or secret or is accessKey,
 * secretKey, apiKey or token, or a PEM private key. What lies deeper than `maxDepth` is listed too: nobody looked there.
 */
export function secretLookingPaths(
  values: unknown,
  maxDepth: number = INLINE_MAX_DEPTH,
): readonly string[] {
  return inspectInlineValues(values, maxDepth).map(({ path }) => path);
}

/** As {@link secretLookingPaths}, with the kind of each finding; in the order of the document, at most 50. */
export function inspectInlineValues(
  values: unknown,
  maxDepth: number = INLINE_MAX_DEPTH,
): readonly InlineFinding[] {
  const inspection = new Inspection(maxDepth);
  inspection.visit(values, { path: "", key: "", depth: 0 });
  return inspection.findings;
}

interface Place {
  readonly path: string;
  /** Key that the value stands under; items of a list stand under the key of the list. */
  readonly key: string;
  readonly depth: number;
}

class Inspection {
  readonly findings: InlineFinding[] = [];
  private visited = 0;

  constructor(private readonly maxDepth: number) {}

  visit(value: unknown, place: Place): void {
    if (this.findings.length >= MOST_FINDINGS) return;
    this.visited += 1;
    if (this.visited === MOST_VALUES) this.report(place, "tooMany");
    if (this.visited >= MOST_VALUES) return;
    if (typeof value === "string") {
      if (isSecretLooking(place.key, value))
        this.report(place, "secretLooking");
      return;
    }
    if (typeof value !== "object" || value === null) return;
    if (place.depth >= this.maxDepth) return this.report(place, "tooDeep");
    for (const [child, at] of children(value, place)) this.visit(child, at);
  }

  private report(place: Place, problem: InlineFinding["problem"]): void {
    this.findings.push({ path: place.path, problem });
  }
}

function* children(
  value: object,
  place: Place,
): Generator<readonly [unknown, Place]> {
  const depth = place.depth + 1;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      yield [item, { path: `${place.path}[${index}]`, key: place.key, depth }];
    return;
  }
  if (!isFields(value)) return;
  for (const [key, child] of Object.entries(value)) {
    const shown = key.slice(0, KEY_SHOWN);
    const path = place.path === "" ? shown : `${place.path}.${shown}`;
    yield [child, { path, key, depth }];
  }
}

function isSecretLooking(key: string, text: string): boolean {
  if (PEM_PRIVATE_KEY.test(text)) return true;
  if (PLACEHOLDERS.has(text.trim().toLowerCase())) return false;
  if (NAMES_A_SECRET.test(key)) return false;
  const lower = key.toLowerCase();
  return SECRET_SUFFIX.test(lower) || SECRET_KEYS.has(lower);
}
