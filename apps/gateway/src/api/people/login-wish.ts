import { DomainError } from "@vworkspace/kernel";
import { requireLocalPath } from "../../trust/people/domain/local-path";
import type { SignInFlow } from "../../trust/people/domain/sign-in-flow";

/** Where somebody who is signed in finds himself. */
export const HOME_PATH = "/me";

/** What somebody who wants to sign in asks for. @throws DomainError validation_failed */
export function loginWish(
  query: Readonly<Record<string, unknown>>,
): Pick<SignInFlow, "returnTo" | "organization"> {
  return {
    returnTo: requireLocalPath(textOf(query, "return_to") ?? HOME_PATH),
    organization: codeOf(textOf(query, "organization")),
  };
}

function codeOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z0-9-]{1,63}$/.test(text)) return text;
  throw new DomainError(
    "validation_failed",
    "organization must be the code of an organization: lower-case letters, digits and hyphens, at most 63.",
  );
}

function textOf(
  query: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  const value = query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new DomainError("validation_failed", `${name} is given twice.`);
}
