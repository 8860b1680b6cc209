import type { ErrorCode } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { NOBODYS } from "../../identity/domain/nobodys";

/** Why somebody was not signed in: labels of a metric, so the list is closed. */
const CODES = {
  /** The browser carries no sign-in that was begun here, or one that was changed. */
  no_flow: "invalid_request",
  flow_expired: "invalid_request",
  wrong_state: "invalid_request",
  /** The provider said so. */
  denied: "forbidden",
  provider_unavailable: "unavailable",
  /** The provider doesn't take the code, or the gateway's own secret. */
  code_refused: "forbidden",
  /** The gateway doesn't take what the provider says. */
  answer_refused: "forbidden",
  not_linked: "forbidden",
  inactive: "forbidden",
} as const satisfies Readonly<Record<string, ErrorCode>>;

export type LoginFailure = keyof typeof CODES;
export const LOGIN_FAILURES = Object.keys(CODES) as readonly LoginFailure[];

/** Somebody is not signed in, with a sentence for him and a few words for the log. */
export class LoginRefusal extends DomainError {
  /** @param logged holds no secret: it names what was wrong, never what was said */
  constructor(
    readonly reason: LoginFailure,
    message: string,
    readonly logged = "",
  ) {
    super(
      CODES[reason],
      message,
      reason === "provider_unavailable" ? { retryAfterSeconds: 60 } : NOBODYS,
    );
  }
}
