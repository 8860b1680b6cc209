import type { DomainError } from "@vworkspace/kernel";
import { html } from "./html";
import type { Page } from "./page";

/** What went wrong, in one sentence, and the way on. */
export function refusalPage(
  { code, message }: DomainError,
  way: { readonly signInPath: string; readonly requestId: string },
): Page {
  return {
    title: code === "unauthenticated" ? "Sign in first" : "That did not work",
    body: html`<p>${message}</p>
      <a class="button" href="${way.signInPath}">Sign in</a>
      <p class="foot">Request ${way.requestId}</p>`,
  };
}
