import { type Html, html } from "./html";
import type { Page } from "./page";

/**
 * For whoever hasn't said who he is, whatever the operation.
 * @param way.isWrong what he presented is nobody's
 * @param way.loginPath where he signs in; undefined where there is no provider
 */
export function approvalSignInPage(way: {
  readonly isWrong: boolean;
  readonly loginPath: string | undefined;
}): Page {
  const { isWrong, loginPath } = way;
  const problem = isWrong
    ? [
        html`<p class="note bad">
          Login or key is wrong, or the key has ended. Nothing was decided.
        </p>`,
      ]
    : [];
  const provider =
    loginPath === undefined
      ? []
      : [
          html`<a class="button" href="${loginPath}">Sign in</a>
            <p class="or">or with your own API key</p>`,
        ];
  return {
    title: "Who are you?",
    body: html`${problem}
      <p>
        An approval is somebody's own:
        ${loginPath === undefined ? "" : "sign in, or "}give your own API key,
        to see what is asked for.
      </p>
      ${provider} ${keyForm(loginPath === undefined ? "" : "quiet")}
      <p class="foot">
        The key is checked and kept nowhere; deciding asks for it again.
      </p>`,
  };
}

function keyForm(look: string): Html {
  return html`<form method="post" autocomplete="off">
    <label
      >Login
      <input
        name="login"
        required
        maxlength="256"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
    /></label>
    ${keyField("API key")}
    <button class="button ${look}" name="decision" value="look">
      Show what is asked for
    </button>
  </form>`;
}

/** For this one request; a browser is told not to keep it either. */
export function keyField(label: string): Html {
  return html`<label
    >${label}
    <input
      name="key"
      type="password"
      required
      maxlength="512"
      autocomplete="off"
  /></label>`;
}
