import type { SignedIn } from "../../../trust/people/domain/session-store";
import { html } from "./html";
import type { Page } from "./page";

export function mePage({
  actor,
  displayName,
  organizationCode,
}: SignedIn): Page {
  const { session } = actor;
  const rows = [
    ["Login", actor.name],
    ["Role", actor.role],
    ["Organization", organizationCode],
    ["Signed in at", session.issuer],
    ["Authenticated", readable(session.authenticatedAt)],
    ["Session ends", readable(session.expiresAt)],
  ] as const;
  return {
    title: displayName,
    body: html`<dl>
        ${rows.map(
          ([term, value]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      <form method="post" action="/logout">
        <button class="button" type="submit">Sign out</button>
      </form>`,
  };
}

/** @param providerUrl where he can sign out of the provider itself */
export function signedOutPage(providerUrl: string | undefined): Page {
  const further =
    providerUrl === undefined
      ? []
      : [
          html`<p class="foot">
            Your provider may still know you and sign you in without asking.
            <a href="${providerUrl}">Sign out of the provider too</a>
          </p>`,
        ];
  return {
    title: "You are signed out",
    body: html`<a class="button" href="/login">Sign in</a> ${further}`,
  };
}

function readable(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The same for programs; times in RFC 3339. */
export function meAsJson({ actor, displayName, organizationCode }: SignedIn) {
  const { session } = actor;
  return {
    login: actor.name,
    name: displayName,
    role: actor.role,
    organization: organizationCode,
    issuer: session.issuer,
    authenticated_at: session.authenticatedAt.toISOString(),
    amr: session.amr,
    expires_at: session.expiresAt.toISOString(),
  };
}
