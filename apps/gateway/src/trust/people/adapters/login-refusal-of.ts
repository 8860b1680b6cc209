import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from "openid-client";
import { LoginRefusal } from "../domain/login-refusal";
import { Unreachable } from "./bounded-fetch";

const MAX_CHARACTERS = 200;

/** Answers that the provider doesn't give: what stands before it does. */
const FOREIGN_ANSWERS = new Set([
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
]);

/** Causes of these errors hold tokens and codes: nothing of them goes on but the words of the library. */
export function loginRefusalOf(error: unknown): LoginRefusal {
  if (error instanceof AuthorizationResponseError)
    return new LoginRefusal("denied", denialOf(error), shortened(error.error));
  if (error instanceof ResponseBodyError)
    return error.status >= 500
      ? unavailable(shortened(error.error))
      : codeRefused(error.error);
  // Not the person's code but the gateway's own name or secret.
  if (error instanceof WWWAuthenticateChallengeError)
    return codeRefused(error.cause[0]?.parameters.error ?? "");
  if (error instanceof ClientError && isOfNetwork(error))
    return unavailable(wordsOf(error));
  return new LoginRefusal(
    "answer_refused",
    "The gateway does not accept the provider's answer; its log says why. Sign in again, and ask the gateway's operator where that doesn't help.",
    wordsOf(error),
  );
}

function isOfNetwork({ code, cause }: ClientError): boolean {
  return cause instanceof Unreachable || FOREIGN_ANSWERS.has(code ?? "");
}

export function unavailable(logged: string): LoginRefusal {
  return new LoginRefusal(
    "provider_unavailable",
    "The provider that people sign in at can't be reached: try again in a minute.",
    logged,
  );
}

/** @param error a code of OAuth, such as invalid_grant or invalid_client */
function codeRefused(error: string): LoginRefusal {
  return new LoginRefusal(
    "code_refused",
    "The provider does not accept this sign-in: begin again. Where that doesn't help, the gateway's operator has to look at its log.",
    shortened(error),
  );
}

function denialOf({
  error,
  error_description: words,
}: AuthorizationResponseError): string {
  const said = words === undefined ? error : `${error}: ${words}`;
  return `The provider did not sign you in and says: ${shortened(said)}`;
}

/** The library's own sentence and its cause's, which says what was wrong. What that one was caused by may quote a token. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { cause, message } = error;
  const inner = cause instanceof Error ? `: ${cause.message}` : "";
  return shortened(`${message}${inner}`);
}

function shortened(text: string): string {
  return text.replace(/\p{Cc}/gu, " ").slice(0, MAX_CHARACTERS);
}
