import { isStorable } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";

const MAX_ISSUER_CHARACTERS = 512;
/** OpenID Connect Core, §2. */
const MAX_SUBJECT_CHARACTERS = 255;

/** A person as a provider knows him. Only both together name anybody. */
export interface ProviderIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** With the issuer in one spelling: with a slash or without one behind the host it is the same provider. @throws DomainError validation_failed */
export function requireIdentity(given: ProviderIdentity): ProviderIdentity {
  return {
    issuer: requireIssuer(given.issuer),
    subject: requireSubject(given.subject),
  };
}

function requireIssuer(text: string): string {
  const url =
    text.length <= MAX_ISSUER_CHARACTERS && URL.canParse(text)
      ? new URL(text)
      : undefined;
  const isIssuer =
    url !== undefined &&
    ["https:", "http:"].includes(url.protocol) &&
    url.username === "" &&
    url.search === "" &&
    url.hash === "";
  if (isIssuer) return url.href;
  throw new DomainError(
    "validation_failed",
    `issuer is ${JSON.stringify(text.slice(0, 80))}: give the provider's issuer URL, such as https://login.example.com.`,
  );
}

function requireSubject(subject: string): string {
  const isSubject =
    subject.length >= 1 &&
    subject.length <= MAX_SUBJECT_CHARACTERS &&
    isStorable(subject) &&
    !/\p{Cc}/u.test(subject);
  if (isSubject) return subject;
  throw new DomainError(
    "validation_failed",
    `subject must have 1 to ${MAX_SUBJECT_CHARACTERS} characters, without control characters: the provider's "sub" of the person.`,
  );
}
