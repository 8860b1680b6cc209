import type { DomainError } from "@vworkspace/kernel";
import { html } from "./html";
import type { Page } from "./page";

/** Where somebody goes on from there. */
export interface WayOn {
  readonly href: string;
  readonly text: string;
}

/** What went wrong, in one sentence, and the way on. */
export function refusalPage(
  { code, message }: DomainError,
  way: WayOn,
  requestId: string,
): Page {
  return {
    title: code === "unauthenticated" ? "Sign in first" : "That did not work",
    body: html`<p>${message}</p>
      <a class="button" href="${way.href}">${way.text}</a>
      <p class="foot">Request ${requestId}</p>`,
  };
}
