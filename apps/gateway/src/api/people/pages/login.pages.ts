import type { LinkedUser } from "../../../trust/people/domain/identity-store";
import type { ProvenPerson } from "../../../trust/people/domain/proven-person";
import { html } from "./html";
import type { Page } from "./page";

/** Where somebody begins to sign in, and goes on to afterwards. */
export function loginPath(returnTo: string, organization?: string): string {
  const query = new URLSearchParams({
    ...(organization !== undefined && { organization }),
    return_to: returnTo,
  });
  return `/login?${query.toString()}`;
}

/** The provider knows who he is, and no admin has said which user that is. */
export function notLinkedPage(
  { identity, shownAs }: ProvenPerson,
  organization: string | undefined,
): Page {
  const where =
    organization === undefined
      ? "in any organization here"
      : `in the organization ${organization}`;
  const account =
    shownAs === undefined
      ? []
      : [
          html`<div>
            <dt>Account</dt>
            <dd>${shownAs}</dd>
          </div>`,
        ];
  return {
    title: "You are not linked yet",
    body: html`<p>
        You signed in at your provider, but no user ${where} is linked to your
        account. Send issuer and subject to your admin:
      </p>
      <dl>
        ${account}
        <div>
          <dt>Issuer</dt>
          <dd><code>${identity.issuer}</code></dd>
        </div>
        <div>
          <dt>Subject</dt>
          <dd><code>${identity.subject}</code></dd>
        </div>
      </dl>
      <a class="button" href="/login">Try again</a>`,
  };
}

/** He has users in several organizations; the provider usually doesn't ask again. */
export function organizationsPage(
  users: readonly LinkedUser[],
  returnTo: string,
): Page {
  const choices = users.map(
    ({ organizationCode, organizationName }) =>
      html`<li>
        <a class="button quiet" href="${loginPath(returnTo, organizationCode)}"
          >${organizationName}</a
        >
      </li>`,
  );
  return {
    title: "Choose an organization",
    body: html`<p>You have a user in each of these:</p>
      <ul>
        ${choices}
      </ul>`,
  };
}
